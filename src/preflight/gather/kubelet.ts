/** Where the kubelet of this node sends its pods' questions. */
import { isMapping } from '../../config/mapping.ts';
import { codeOf, messageOf } from '../../errors/caught.ts';
import { canonicalIP } from '../../net/ip.ts';
import { ABSENT, found, type Looked, unknown } from '../looked.ts';
import type { KubeletFacts } from '../nodeFacts.ts';
import type { NodeHost } from './host.ts';

/** kubeadm's and kind's, then those of k3s, which writes it where its agent runs. */
const FILES = [
  '/var/lib/kubelet/config.yaml',
  '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf',
] as const;

export async function gatherKubelet({ readText }: Pick<NodeHost, 'readText'>): Promise<Looked<KubeletFacts>> {
  for (const file of FILES) {
    let text: string;
    try {
      text = await readText(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') continue;
      return unknown(messageOf(error));
    }
    return read(file, text);
  }
  return ABSENT;
}

async function read(file: string, text: string): Promise<Looked<KubeletFacts>> {
  const { load } = await import('js-yaml');
  let document: unknown;
  try {
    document = load(text);
  } catch {
    return unknown(`${file} is not YAML`);
  }
  if (!isMapping(document)) return unknown(`${file} holds no settings`);
  const { clusterDNS, clusterDomain } = document;
  const addresses: unknown[] = Array.isArray(clusterDNS) ? clusterDNS : [];
  return found({
    file,
    clusterDNS: addresses.flatMap((item) => (typeof item === 'string' ? (canonicalIP(item) ?? []) : [])),
    clusterDomain: typeof clusterDomain === 'string' ? clusterDomain : '',
  });
}
