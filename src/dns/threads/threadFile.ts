/** Where the program of a thread is: beside this file, as source text, or as the bundle's own file beside the bundle. */
export function threadFile(): string | URL {
  // In a CommonJS bundle there is no `import.meta.url`, and `__filename` is the bundle.
  const here: string | undefined = import.meta.url;
  return here === undefined ? __filename.replace(/[^/]*$/, 'dnsThread.cjs') : new URL('./thread.ts', here);
}
