import type { Metafile } from 'esbuild';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundledPackages, lockedPackage } from '../../scripts/packages.ts';

test('names what is in the bundles, not what they only looked at', () => {
  const input = (bytesInOutput: number): { bytesInOutput: number } => ({ bytesInOutput });
  const inputs = {
    'src/main.ts': input(10),
    'node_modules/valibot/dist/index.mjs': input(5),
    'node_modules/pino/pino.js': input(5),
    'node_modules/pino/lib/tools.js': input(5),
    'node_modules/@kubernetes/client-node/dist/config.js': input(5),
    'node_modules/js-yaml/index.js': input(0),
  };
  const output = { bytes: 0, inputs, imports: [], exports: [] };
  const metafile: Metafile = { inputs: {}, outputs: { 'dist/fairlead.cjs': output } };
  expect(bundledPackages(metafile).map(({ name }) => name)).toEqual([
    '@kubernetes/client-node',
    'pino',
    'valibot',
  ]);
});

test('a package that the lock file does not know is an error', () => {
  expect(() => lockedPackage('node_modules/nothing')).toThrow(
    'package-lock.json has no node_modules/nothing',
  );
});

test('the image starts the bundle with the flags that bin/fairlead gives', () => {
  const flags = (file: string): string | undefined =>
    /--max-semi-space-size=.*?(?=\n| "\$entry")/.exec(readFileSync(file, 'utf8'))?.[0];
  expect(flags('src/main.ts')).toMatch(/^--max-semi/);
  expect(flags('src/main.ts')).toBe(flags('bin/fairlead'));
});
