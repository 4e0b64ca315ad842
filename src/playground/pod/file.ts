/** What pods give for a download: large enough to last, the same everywhere, and no two parts of it alike. */

const MEBIBYTES = 16;
const LINE = 64;

/** 16 MiB of numbered lines. */
export function downloadFile(): Buffer {
  const file = Buffer.alloc(MEBIBYTES << 20, '.');
  for (let at = 0; at < file.length; at += LINE) {
    file.write(String(at / LINE), at);
    file.write('\n', at + LINE - 1);
  }
  return file;
}
