/** What `helm install` would send. */
import { execFileSync, spawnSync } from 'node:child_process';
import { loadAll } from 'js-yaml';
import { isObject, type Json, type JsonObject } from '../../../src/playground/apiserver/objects/json.ts';
import { DEPLOY } from './kustomize.ts';

const HELM = process.env['HELM'] ?? 'helm';
export const hasHelm: boolean = spawnSync(HELM, ['version']).error === undefined;
/** For the title of what is skipped without it. */
export const WITHOUT_HELM: string = hasHelm ? '' : ' (helm is neither on PATH nor in $HELM)';

/** Objects of the chart, with values such as `monitoring=true`. @throws Error with Helm's message */
export function template(namespace: string, ...values: readonly string[]): readonly JsonObject[] {
  const flags = [
    '--namespace',
    namespace,
    '--kube-version',
    '1.34.0',
    ...values.flatMap((one) => ['--set', one]),
  ];
  const text = execFileSync(HELM, ['template', 'fairlead', 'helm/fairlead', ...flags], {
    cwd: DEPLOY,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return (loadAll(text) as Json[]).filter(isObject);
}
