/** Which place in the cluster a name stands for (the grammar of Kubernetes' DNS, read from the right). */
import type { Family } from '../../../net/ip.ts';
import type { DnsSettings } from '../../settings.ts';
import type { Contents } from '../contents.ts';
import { EndpointNames, endpointLabel } from './endpoints.ts';
import { absent, EMPTY, NOBODY, type Place } from './place.ts';
import { addressOfLabel } from './pod.ts';
import { addressOfReverse } from './reverse.ts';
import { baseName, servicePlace } from './servicePlace.ts';

export class Zone {
  readonly #pods: DnsSettings['pods'];
  readonly #contents: Contents;
  readonly names: EndpointNames = new EndpointNames();

  constructor(pods: DnsSettings['pods'], contents: Contents) {
    this.#pods = pods;
    this.#contents = contents;
  }

  /** `labels` are those left of the cluster domain, the leftmost first, lower case. */
  place(labels: readonly string[]): Place {
    switch (labels.at(-1)) {
      case undefined:
        return { kind: 'apex' };
      case 'svc':
        return this.#below('svc', labels.slice(0, -1));
      case 'pod':
        return this.#below('pod', labels.slice(0, -1));
      case 'dns':
        return belowDns(labels.slice(0, -1));
      case 'dns-version':
        return labels.length === 1 ? { kind: 'version' } : absent('nothing is below dns-version', NOBODY);
      default:
        return absent('cluster names end in svc or pod', NOBODY);
    }
  }

  /** `labels` are those left of `in-addr.arpa` or `ip6.arpa`. */
  reversePlace(labels: readonly string[], family: Family): Place {
    if (labels.length === 0) return { kind: 'apex' };
    const address = addressOfReverse(labels, family);
    if (address === undefined) return absent('not a whole address', undefined);
    const [owner] = this.#contents.addresses.ofClusterIP(address);
    const service = owner === undefined ? undefined : this.#contents.services.get(owner)?.service;
    if (service !== undefined) return { kind: 'pointer', targets: [baseName(service)], lasting: true };
    const owners = this.#contents.addresses.ofEndpoint(address);
    const targets = owners.flatMap((key) => this.#endpointNames(key, address));
    if (targets.length === 0) return absent(`no Service or ready endpoint has ${address}`, undefined);
    return { kind: 'pointer', targets: [...new Set(targets)], lasting: false };
  }

  #below(tree: 'svc' | 'pod', labels: readonly string[]): Place {
    const namespace = labels.at(-1);
    if (namespace === undefined) return EMPTY;
    if (tree === 'pod' && this.#pods === 'disabled') return absent('pod records are off', NOBODY);
    if (!this.#contents.namespaces.has(namespace)) return absent(`no namespace ${namespace}`, namespace);
    const name = labels.at(-2);
    if (name === undefined) return EMPTY;
    if (tree === 'svc') return this.#service(`${namespace}/${name}`, labels.slice(0, -2));
    return labels.length === 2
      ? this.#pod(namespace, name)
      : absent('nothing is below a pod record', namespace);
  }

  #service(key: string, labels: readonly string[]): Place {
    const entry = this.#contents.services.get(key);
    return entry === undefined ? absent(`no Service ${key}`, key) : servicePlace(entry, labels, this.names);
  }

  #pod(namespace: string, label: string): Place {
    const address = addressOfLabel(label);
    if (address === undefined) return absent(`${label} spells no address`, namespace);
    if (this.#pods === 'verified' && this.#contents.picture.pods.get(address)?.namespace !== namespace) {
      return absent(`no pod in namespace ${namespace} has ${address}`, undefined);
    }
    return { kind: 'pod', address };
  }

  #endpointNames(key: string, address: string): string[] {
    const entry = this.#contents.services.get(key);
    if (entry === undefined) return [];
    const base = baseName(entry.service);
    const names: string[] = [];
    for (const group of entry.groups) {
      for (const endpoint of group.endpoints) {
        if (endpoint.ready && endpoint.address === address) names.push(`${endpointLabel(endpoint)}.${base}`);
      }
    }
    return names;
  }
}

function belowDns(labels: readonly string[]): Place {
  if (labels.length === 0) return EMPTY;
  return labels.length === 1 && labels[0] === 'ns'
    ? { kind: 'nameServer' }
    : absent('only ns is below dns', NOBODY);
}
