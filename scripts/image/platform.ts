/** What the image of one platform needs from npm: Node's binary and koffi's. The versions are package-lock.json's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockedPackage, type NpmPackage } from '../packages.ts';

/** Docker's names. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** npm's names. */
const CPUS = { amd64: 'x64', arm64: 'arm64' } as const;

const DOWNLOADS = 'build/npm';

/** Puts everything for this platform into `folder` and tells what it was. Throws when npm cannot give it. */
export function preparePlatform(architecture: Architecture, folder: string): readonly NpmPackage[] {
  const cpu = CPUS[architecture];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return [node(cpu, folder), ...koffi(cpu, folder)];
}

function node(cpu: string, folder: string): NpmPackage {
  const { version, license } = lockedPackage('node_modules/node');
  const { path, integrity } = unpacked(`node-linux-${cpu}`, version);
  copyFileSync(join(path, 'bin/node'), join(folder, 'node'));
  return { name: `node-linux-${cpu}`, version, integrity, ...(license === undefined ? {} : { license }) };
}

/** Only what is loaded at run time: the packages hold sources, and a binary for another C library, too. */
function koffi(cpu: string, folder: string): readonly NpmPackage[] {
  const loader = lockedPackage('node_modules/koffi');
  const native = lockedPackage(`node_modules/@koromix/koffi-linux-${cpu}`);
  const { path, integrity } = unpacked(native.name, native.version);
  if (integrity !== native.integrity) throw new Error(`${native.name} is not the one of package-lock.json`);
  const copies = [
    [
      'node_modules/koffi',
      'koffi',
      ['package.json', 'LICENSE.txt', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'],
    ],
    [path, native.name, ['package.json', 'index.js', `linux_${cpu}/koffi.node`]],
  ] as const;
  for (const [from, name, files] of copies) {
    for (const file of files) cpSync(join(from, file), join(folder, 'node_modules', name, file));
  }
  return [loader, native];
}

/** npm checks what it fetches against the registry's own digest. */
function unpacked(name: string, version: string): { readonly path: string; readonly integrity: string } {
  const archive = join(DOWNLOADS, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  mkdirSync(DOWNLOADS, { recursive: true });
  if (!existsSync(archive)) {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', DOWNLOADS, `${name}@${version}`]);
  }
  const path = archive.replace(/\.tgz$/, '');
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  execFileSync('tar', ['-xzf', archive, '-C', path, '--strip-components=1']);
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
  return { path, integrity: `sha512-${digest}` };
}
