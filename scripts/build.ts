/**
 * Bundles the agent into dist/: CommonJS, because ESM facades of Node's modules cost 12 MB a process. One file for the
 * agent, and one for each program that it runs beside itself, which loads nothing else.
 */
import { build } from 'esbuild';

await build({
  entryPoints: {
    fairlead: 'src/main.ts',
    dnsThread: 'src/dns/threads/thread.ts',
    looker: 'src/host/looks/looker.ts',
    relayThread: 'src/proxy/userspace/splice/thread.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
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
  // Where a bundle is, `__filename` says.
  logOverride: { 'empty-import-meta': 'silent' },
});
