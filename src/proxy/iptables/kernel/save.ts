/** Asking the kernel for its rules. */
import type { Exec } from '../../../host/exec.ts';
import { type Dump, DumpReader } from './dump.ts';
import type { Tools } from './tools.ts';

const TIMEOUT_MS = 300_000;

/** All tables that there are. None is named: iptables-legacy would load one that is not there into the kernel. */
export async function save(exec: Exec, tools: Tools): Promise<Dump> {
  const reader = new DumpReader();
  const options = { timeoutMs: TIMEOUT_MS, onStdout: (piece: string) => reader.push(piece) };
  const { code, stderr } = await exec.run([tools.save], options);
  if (code !== 0) throw new Error(`${tools.save} exits with ${code}: ${stderr.trim()}`);
  return reader.end();
}
