/**
 * Builds the container image and its bill of materials:
 *   npm run image -- [--tag REF] [--arch amd64|arm64] [--builder docker|podman|buildah] [--debian REF] [-- ARGS…]
 * What follows `--` is for the builder. The bill of materials goes to build/fairlead-ARCH.cdx.json.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VERSION } from '../src/agent/version.ts';
import { type Builder, buildImage, BUILDERS, filesIn, findBuilder } from './image/builders.ts';
import { ARCHITECTURES, preparePlatform } from './image/platform.ts';
import { billOfMaterials } from './image/sbom.ts';
import { lastBundled } from './packages.ts';

const CONTEXT = 'build/image';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tag: { type: 'string', default: 'fairlead:dev' },
    arch: { type: 'string', default: process.arch === 'arm64' ? 'arm64' : 'amd64' },
    builder: { type: 'string' },
    debian: { type: 'string' },
  },
});
const architecture = oneOf('--arch', ARCHITECTURES, values.arch);
const builder: Builder =
  values.builder === undefined ? found() : oneOf('--builder', BUILDERS, values.builder);
/** Of the commit and not of the clock: the same source gives the same labels. */
const revision = git('rev-parse', 'HEAD') ?? 'unknown';
const created = git('log', '-1', '--format=%cI') ?? new Date().toISOString();

const npm = preparePlatform(architecture, join(CONTEXT, `linux-${architecture}`));
prepareApp(join(CONTEXT, 'app'));
const buildArgs = {
  TARGETARCH: architecture,
  VERSION,
  REVISION: revision,
  CREATED: created,
  ...(values.debian === undefined ? {} : { DEBIAN: values.debian }),
};
const built = buildImage(builder, [
  `--platform=linux/${architecture}`,
  ...Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
  `--tag=${values.tag}`,
  ...positionals,
]);
if (!built)
  fail(`${builder} could not build it; --debian names another base image, such as one that is here`, 1);
const dpkg = filesIn(builder, values.tag, '/var/lib/dpkg/status.d');
const bill = `build/fairlead-${architecture}.cdx.json`;
writeFileSync(
  bill,
  billOfMaterials({ version: VERSION, architecture, created, npm: [...lastBundled(), ...npm], dpkg }),
);
process.stdout.write(`${values.tag} for linux/${architecture}, and ${bill}\n`);

/** The bundles, without their maps, which only who debugs them needs. */
function prepareApp(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of globSync('dist/*.cjs')) cpSync(file, join(folder, file.slice('dist/'.length)));
  cpSync('LICENSE', join(folder, 'LICENSE'));
  chmodSync(join(folder, 'fairlead.cjs'), 0o755);
}

function found(): Builder {
  const one = findBuilder();
  if (one === undefined) fail(`none of ${BUILDERS.join(', ')} is installed and works`);
  return one;
}

function oneOf<Name extends string>(flag: string, names: readonly Name[], given: string): Name {
  return names.find((name) => name === given) ?? fail(`${flag}: ${given} is none of ${names.join(', ')}`);
}

/** `undefined` where the sources came without their history. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function fail(why: string, code = 2): never {
  process.stderr.write(`image: ${why}\n`);
  process.exit(code);
}
