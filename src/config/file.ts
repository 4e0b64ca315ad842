/** The configuration file: our own kind, or kube-proxy's. */
import { givenByKubeProxy } from './kubeProxy.ts';
import { SETTING_KEYS, type ConfigFile, type Given } from './given.ts';
import { isMapping } from './mapping.ts';
import { suggestion } from './nearest.ts';
import { UsageError } from './usageError.ts';

const OURS = { apiVersion: 'fairlead.dev/v1alpha1', kind: 'FairleadConfiguration' } as const;
const KUBE_PROXY = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
} as const;

/** Reads the text of a file. Throws UsageError: one line that names file and key. */
export async function parseConfigFile(path: string, text: string): Promise<ConfigFile> {
  const document = await parseYaml(path, text);
  if (!isMapping(document)) throw new UsageError(`${path}: holds no configuration`);
  const { apiVersion, kind, ...fields } = document;
  if (apiVersion === KUBE_PROXY.apiVersion && kind === KUBE_PROXY.kind) return givenByKubeProxy(path, fields);
  if (apiVersion !== OURS.apiVersion || kind !== OURS.kind) {
    const found = `${String(apiVersion)} ${String(kind)}`;
    throw new UsageError(
      `${path}: is ${found}, not ${OURS.apiVersion} ${OURS.kind} or ${KUBE_PROXY.apiVersion} ${KUBE_PROXY.kind}`,
    );
  }
  const given: Given = new Map();
  for (const [name, value] of Object.entries(fields)) {
    const key = SETTING_KEYS.find((candidate) => candidate === name);
    if (key === undefined) {
      throw new UsageError(`${path}: unknown key ${name}${suggestion(name, SETTING_KEYS)}`);
    }
    // A key without a value is YAML's way to leave it to the default.
    if (value !== null) given.set(key, { value, from: `${path}: ${key}` });
  }
  return { given, notes: [] };
}

async function parseYaml(path: string, text: string): Promise<unknown> {
  const { load } = await import('js-yaml');
  try {
    return load(text);
  } catch (error) {
    const [line = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new UsageError(`${path}: ${line}`);
  }
}
