import { readFile } from 'node:fs/promises';

/** Different after every start of the kernel; empty where it is not told. */
export function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
