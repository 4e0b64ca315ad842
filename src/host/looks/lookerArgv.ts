/** How the program that looks is started. */
import { fileURLToPath } from 'node:url';
import { programFile } from '../programFile.ts';

/** It holds a table's lines for a moment and nothing else: 10 MB of its own, beside what Node's file shares. */
const HEAP = ['--max-old-space-size=64', '--max-semi-space-size=1'] as const;

export function lookerArgv(): readonly [string, ...string[]] {
  const file = programFile(import.meta.url, './looker.ts', 'looker.cjs');
  return [process.execPath, ...HEAP, typeof file === 'string' ? file : fileURLToPath(file)];
}
