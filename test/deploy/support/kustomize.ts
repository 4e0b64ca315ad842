/** What `kubectl apply -k` would send. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { isObject, type Json, type JsonObject } from '../../../src/playground/apiserver/objects/json.ts';

export const KUBECTL: string = process.env['KUBECTL'] ?? 'kubectl';
export const hasKubectl: boolean = spawnSync(KUBECTL, ['version', '--client']).error === undefined;
/** For the title of what is skipped without it. */
export const WITHOUT_KUBECTL: string = hasKubectl ? '' : ' (kubectl is neither on PATH nor in $KUBECTL)';

export const DEPLOY: string = join(import.meta.dirname, '../../../deploy');

const rendered = new Map<string, readonly JsonObject[]>();

/** Objects of a folder below deploy/, `overlays/userspace`; or of the base with components, `+search-path+monitoring`. */
export function render(what: string): readonly JsonObject[] {
  const known = rendered.get(what) ?? (what.startsWith('+') ? composed(what) : kustomize(join(DEPLOY, what)));
  rendered.set(what, known);
  return known;
}

function composed(what: string): readonly JsonObject[] {
  const components = what.split('+').slice(1);
  const own = {
    resources: ['deploy/base'],
    components: components.map((name) => `deploy/components/${name}`),
  };
  return renderOwn({ 'kustomization.yaml': JSON.stringify(own) });
}

/** Of an operator's own folder, with these files in it and deploy/ beside them. */
export function renderOwn(files: Readonly<Record<string, string>>): readonly JsonObject[] {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-kustomize-'));
  try {
    symlinkSync(DEPLOY, join(folder, 'deploy'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return kustomize(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kustomize(folder: string): readonly JsonObject[] {
  const documents = loadAll(execFileSync(KUBECTL, ['kustomize', folder], { encoding: 'utf8' })) as Json[];
  return documents.filter(isObject);
}
