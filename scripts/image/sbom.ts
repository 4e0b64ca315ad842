/** The image's bill of materials, in CycloneDX 1.6: what is in it, under which licence, from where. */
import { createHash } from 'node:crypto';
import type { NpmPackage } from '../packages.ts';

export interface ImageContents {
  readonly version: string;
  readonly architecture: string;
  /** RFC 3339. */
  readonly created: string;
  readonly npm: readonly NpmPackage[];
  /** Of each Debian package that a file is from, its paragraph in dpkg's status. */
  readonly dpkg: readonly string[];
}

/** The same contents give the same text. */
export function billOfMaterials(contents: ImageContents): string {
  const { version, architecture, created } = contents;
  const components = [...contents.npm.map(npmComponent), ...contents.dpkg.map(debianComponent)];
  const subject = { type: 'container', 'bom-ref': 'image', name: 'fairlead', version };
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([version, architecture, created, components]))}`,
    version: 1,
    metadata: {
      timestamp: created,
      component: { ...subject, properties: [{ name: 'fairlead:architecture', value: architecture }] },
    },
    components: [...new Map(components.map((one) => [one['bom-ref'], one])).values()],
    dependencies: [{ ref: 'image', dependsOn: [...new Set(components.map((one) => one['bom-ref']))] }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[];
}

function npmComponent({ name, version, license, integrity }: NpmPackage): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const digest = integrity?.startsWith('sha512-')
    ? Buffer.from(integrity.slice(7), 'base64').toString('hex')
    : undefined;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(digest === undefined ? {} : { hashes: [{ alg: 'SHA-512', content: digest }] }),
  };
}

/** Debian's licences are prose, in usr/share/doc/PACKAGE/copyright of the image. */
function debianComponent(status: string): Component {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(status)?.[1] ?? '';
  const [name, version] = [field('Package'), field('Version')];
  // `source` is what advisories are about: `Source: gcc-14 (14.2.0-19)`, absent where it has the package's name.
  const source = field('Source').split(' ')[0] || name;
  const qualifiers = `arch=${field('Architecture')}&upstream=${encodeURIComponent(source)}`;
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}

/** Version 8: of our own making, from a digest. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
