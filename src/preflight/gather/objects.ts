/** From API objects to what the checks go by. */
import { isMapping } from '../../config/mapping.ts';
import { canonicalIP } from '../../net/ip.ts';
import type { NodeObject, Workload } from '../clusterFacts.ts';

type Fields = Readonly<Record<string, unknown>>;

export function nodeObject(object: Fields): NodeObject {
  const status = fieldsOf(object['status']);
  const info = fieldsOf(status['nodeInfo']);
  const spec = fieldsOf(object['spec']);
  return {
    name: text(fieldsOf(object['metadata'])['name']),
    addresses: list(status['addresses'])
      .map(fieldsOf)
      .filter(({ type }) => type === 'InternalIP')
      .flatMap(({ address }) => canonicalIP(text(address)) ?? []),
    podCIDRs: texts(spec['podCIDRs'] ?? [spec['podCIDR']]),
    kubelet: text(info['kubeletVersion']),
    kernel: text(info['kernelVersion']),
    platform: `${text(info['operatingSystem'])}/${text(info['architecture'])}`,
  };
}

/** A DaemonSet or a Deployment: they count their pods under different names. */
export function workload(object: Fields): Workload {
  const metadata = fieldsOf(object['metadata']);
  const spec = fieldsOf(object['spec']);
  const status = fieldsOf(object['status']);
  const [container = {}] = list(fieldsOf(fieldsOf(spec['template'])['spec'])['containers']).map(fieldsOf);
  return {
    namespace: text(metadata['namespace']),
    name: text(metadata['name']),
    image: text(container['image']),
    args: [...texts(container['command']), ...texts(container['args'])],
    ready: number(status['numberReady'] ?? status['readyReplicas']),
    wanted: number(status['desiredNumberScheduled'] ?? spec['replicas']),
  };
}

function fieldsOf(value: unknown): Fields {
  return isMapping(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === 'string');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
