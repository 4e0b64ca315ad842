/** The configuration file: our own kind, or kube-proxy's. */
import { SETTING_KEYS, type ConfigFile, type Given } from './given.ts';
import { keyLines } from './keyLines.ts';
import { givenByKubeProxy } from './kubeProxy/kubeProxy.ts';
import { isMapping } from './mapping.ts';
import { suggestion } from './nearest.ts';
import { type Origin, placeText } from './origin.ts';
import { UsageError } from './usageError.ts';

const OURS = { apiVersion: 'fairlead.dev/v1alpha1', kind: 'FairleadConfiguration' } as const;
const KUBE_PROXY = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
} as const;

/** Reads the text of a file. Throws UsageError: one line that names file, line and key. */
export async function parseConfigFile(path: string, text: string): Promise<ConfigFile> {
  const { document, lines } = await parseYaml(path, text);
  if (!isMapping(document)) throw new UsageError(`${path}: holds no configuration`);
  const { apiVersion, kind, ...fields } = document;
  const originOf = (field: string): Origin => ({
    kind: 'file',
    file: path,
    line: lines.get(field) ?? 0,
    field,
  });
  if (apiVersion === KUBE_PROXY.apiVersion && kind === KUBE_PROXY.kind)
    return givenByKubeProxy(fields, originOf);
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
      const place = placeText({ file: path, line: lines.get(name) ?? 0 });
      throw new UsageError(`${place}: unknown key ${name}${suggestion(name, SETTING_KEYS)}`);
    }
    // A key without a value is YAML's way to leave it to the default.
    if (value !== null) given.set(key, { value, origin: originOf(key) });
  }
  return { given, notes: [] };
}

interface Parsed {
  readonly document: unknown;
  readonly lines: ReadonlyMap<string, number>;
}

async function parseYaml(path: string, text: string): Promise<Parsed> {
  const yaml = await import('js-yaml');
  try {
    return { document: yaml.load(text), lines: keyLines(yaml, text) };
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    const place = { file: path, line: error.mark === undefined ? 0 : error.mark.line + 1 };
    throw new UsageError(`${placeText(place)}: ${error.reason}`);
  }
}
