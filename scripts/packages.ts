/** npm packages that ship, as package-lock.json knows them. */
import type { Metafile } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';

export interface NpmPackage {
  /** `@kubernetes/client-node` */
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license?: string;
  /** `sha512-` and base64, of the package as the registry has it. */
  readonly integrity?: string;
}

const text = v.exactOptional(v.string());
const locked = { version: v.string(), license: text, integrity: text };
const Locked = v.object(locked);
const NpmPackages = v.array(v.object({ name: v.string(), ...locked }));
const Lock = v.object({ packages: v.record(v.string(), v.unknown()) });

/** Where the last build has noted what it bundled. */
export const BUNDLED = 'build/bundled.json';

/** Empty before the first build. */
export function lastBundled(): readonly NpmPackage[] {
  return existsSync(BUNDLED) ? v.parse(NpmPackages, JSON.parse(readFileSync(BUNDLED, 'utf8'))) : [];
}

/** Those with at least one octet in a bundle, by name. */
export function bundledPackages({ outputs }: Metafile): NpmPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const distinct = new Set(folders.filter((folder) => folder !== undefined));
  return [...distinct].map((folder) => lockedPackage(folder)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param folder `node_modules/koffi`
 * @throws Error when the lock file does not know it
 */
export function lockedPackage(folder: string): NpmPackage {
  const lock = v.parse(Lock, JSON.parse(readFileSync('package-lock.json', 'utf8')));
  const name = folder.replace(/^.*node_modules\//, '');
  return {
    name,
    ...v.parse(Locked, lock.packages[folder], { message: `package-lock.json has no ${folder}` }),
  };
}
