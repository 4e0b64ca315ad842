/** The three programs that build images, as far as they differ. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BUILDERS = ['docker', 'podman', 'buildah'] as const;
export type Builder = (typeof BUILDERS)[number];

/** The first that is there and works: docker's client may be installed where no engine runs. */
export function findBuilder(): Builder | undefined {
  return BUILDERS.find((builder) => spawnSync(builder, ['info'], { stdio: 'ignore' }).status === 0);
}

/** Builds the Dockerfile here; `args` are those that all three know. Says itself why it fails, if it does. */
export function buildImage(builder: Builder, args: readonly string[]): boolean {
  const command = builder === 'docker' ? ['buildx', 'build', '--load'] : ['build', '--format', 'docker'];
  const { status } = spawnSync(builder, [...command, ...args, '.'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

/** The texts of the files in this folder of an image, which no shell is there to list. */
export function filesIn(builder: Builder, image: string, folder: string): readonly string[] {
  const run = (...args: string[]): string => execFileSync(builder, args, { encoding: 'utf8' }).trim();
  const textsOf = (path: string): string[] =>
    readdirSync(path)
      .sort()
      .map((name) => readFileSync(join(path, name), 'utf8'));
  if (builder === 'buildah') {
    const container = run('from', '--pull-never', image);
    try {
      return textsOf(join(run('mount', container), folder));
    } finally {
      run('rm', container);
    }
  }
  const copy = mkdtempSync(join(tmpdir(), 'fairlead-image-'));
  const container = run('create', image);
  try {
    run('cp', `${container}:${folder}/.`, copy);
    return textsOf(copy);
  } finally {
    run('rm', container);
    rmSync(copy, { recursive: true });
  }
}
