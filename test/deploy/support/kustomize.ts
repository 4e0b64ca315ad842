/** What `kubectl apply -k` would send. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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

/** As an operator's own kustomization.yaml names them. */
function composed(what: string): readonly JsonObject[] {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-kustomize-'));
  try {
    const at = (name: string): string => relative(folder, join(DEPLOY, name));
    const components = what.split('+').slice(1);
    const own = { resources: [at('base')], components: components.map((name) => at(`components/${name}`)) };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(own));
    return kustomize(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kustomize(folder: string): readonly JsonObject[] {
  const documents = loadAll(execFileSync(KUBECTL, ['kustomize', folder], { encoding: 'utf8' })) as Json[];
  return documents.filter(isObject);
}
