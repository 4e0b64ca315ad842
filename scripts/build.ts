/**
 * Bundles the agent into dist/: CommonJS, because ESM facades of Node's modules cost 12 MB a process. One file for the
 * agent, one for each program that it runs beside itself, which loads nothing else, and one for what reads kubeconfig
 * files, which no agent in a cluster ever loads.
 */
import { build, type Plugin } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BUNDLED, bundledPackages } from './packages.ts';

const APART = 'clientNode';

/** What is loaded on demand stays in its own file: esbuild splits no CommonJS. */
const apart: Plugin = {
  name: 'apart',
  setup(building) {
    building.onResolve({ filter: new RegExp(`/${APART}\\.ts$`) }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${APART}.cjs`, external: true },
    );
  },
};

const { metafile } = await build({
  entryPoints: {
    fairlead: 'src/main.ts',
    dnsThread: 'src/dns/threads/thread.ts',
    looker: 'src/host/looks/looker.ts',
    relayThread: 'src/proxy/userspace/splice/thread.ts',
    [APART]: `src/kube/auth/${APART}.ts`,
  },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  sourcemap: 'linked',
  // The source text stays in memory; names stay readable in a stack trace.
  minifyWhitespace: true,
  minifySyntax: true,
  // A native module, which no bundle can hold.
  external: ['koffi'],
  plugins: [apart],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Where a bundle is, `__filename` says.
  logOverride: { 'empty-import-meta': 'silent' },
});

// What the image's bill of materials names: exactly what is in the files, not all that is installed.
mkdirSync(dirname(BUNDLED), { recursive: true });
writeFileSync(BUNDLED, `${JSON.stringify(bundledPackages(metafile), null, 2)}\n`);
