/**
 * A program of ours that runs in a thread or process of its own: its source beside the one that asks, or the bundle's
 * own file beside the bundle. `importer` is who asks, as `import.meta.url` says.
 */
export function programFile(importer: string | undefined, source: string, bundled: string): URL | string {
  // In a CommonJS bundle there is no `import.meta.url`, and `__filename` is the bundle.
  return importer === undefined ? __filename.replace(/[^/]*$/, bundled) : new URL(source, importer);
}
