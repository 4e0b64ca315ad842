/** Bundles the agent into dist/: one CommonJS file, because ESM facades of Node's modules cost 12 MB a process. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/fairlead.cjs',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  sourcemap: 'linked',
  // The one is loaded only for --kubeconfig, and never in a cluster: it stays out of the file that every node loads.
  // The other is a native module, which no bundle can hold.
  external: ['@kubernetes/client-node', 'koffi'],
  legalComments: 'none',
  // The source text stays in memory; names stay readable in a stack trace.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
});
