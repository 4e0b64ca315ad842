/** kube-proxy's configuration file, `kubeproxy.config.k8s.io/v1alpha1`, so that a node can move over with it. */
import type { ConfigFile, Given } from '../given.ts';
import { suggestion } from '../nearest.ts';
import { type Origin, originText } from '../origin.ts';
import { INVALID } from '../tables/readers.ts';
import { TABLE } from '../tables/table.ts';
import { KUBE_PROXY_FIELDS, kubeProxyField } from './kubeProxyFields.ts';

/** Where a field of the file stands. */
export type OriginOf = (field: string) => Origin;

/**
 * Takes the fields that have a counterpart. The others are named in the notes where they are set at all: kubeadm
 * writes every field, most of them empty. A mode that is not ours is no error, because it says how and not what.
 */
export function givenByKubeProxy(fields: Readonly<Record<string, unknown>>, originOf: OriginOf): ConfigFile {
  const given: Given = new Map();
  const notes: string[] = [];
  const note = (field: string, text: string): void => {
    notes.push(`${originText(originOf(field))}${text}`);
  };
  const nftables = fields['mode'] === 'nftables';
  for (const [field, value] of leavesOf(fields)) {
    if (isUnset(value) || isOfOtherMode(field, nftables)) continue;
    const known = kubeProxyField(field);
    if (known === undefined) {
      if (!isZero(value)) {
        note(field, ` is no field of kube-proxy${suggestion(field, Object.keys(KUBE_PROXY_FIELDS))}`);
      }
    } else if ('ignored' in known) {
      const says = !isZero(value) && known.usual?.includes(value) !== true;
      if (says) note(field, ` has no effect here: ${known.ignored}`);
    } else if (field === 'mode' && !isMode(value)) {
      note(field, `: ${String(value)} is not offered here: iptables is used`);
    } else if (field === 'udpIdleTimeout' && isZero(value)) {
      // kube-proxy's own default for it; zero itself was never allowed.
      continue;
    } else {
      given.set(known.setting, { value, origin: originOf(field) });
    }
  }
  if (nftables && !given.has('nodePortAddresses')) {
    // Its default differs by mode: on other addresses nobody could reach the NodePorts until now.
    given.set('nodePortAddresses', { value: 'primary', origin: originOf('mode') });
  }
  return { given, notes };
}

function* leavesOf(fields: Readonly<Record<string, unknown>>, prefix = ''): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    const path = `${prefix}${name}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* leavesOf({ ...value }, `${path}.`);
    } else {
      yield [path, value];
    }
  }
}

/** kubeadm writes the fields of every mode: those of the mode in use hold. */
function isOfOtherMode(field: string, nftables: boolean): boolean {
  return /^(iptables|nftables)\.masquerade/.test(field) && field.startsWith('nftables.') !== nftables;
}

function isMode(value: unknown): boolean {
  return TABLE.mode.reader.read(value) !== INVALID;
}

function isUnset(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Go's zero values: kubeadm writes them for what nobody set. */
function isZero(value: unknown): boolean {
  return value === false || value === 0 || value === '0s' || value === '0';
}
