/** How many files this process may have open. */
import { readFile } from 'node:fs/promises';

/** What the kernel grants where it cannot be read. */
const COMMON = 1024;

/** Node raises its soft limit to the hard one as it starts, so this is the most that it will ever have. */
export async function openFilesLimit(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text) ?? [];
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return Number(soft) || COMMON;
}
