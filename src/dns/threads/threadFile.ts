/** Where the program of a thread is. */
import { programFile } from '../../host/programFile.ts';

export function threadFile(): string | URL {
  return programFile(import.meta.url, './thread.ts', 'dnsThread.cjs');
}
