/** What the configurations of kube-proxy and CoreDNS say that Fairlead would do otherwise, or not at all. */
import { contentsOf } from '../../agent/names/config/configMapSource.ts';
import { groundOf } from '../../agent/names/config/ground.ts';
import { readCorefile } from '../../config/corefile/readCorefile.ts';
import type { ReadConfiguration } from '../../config/dnsConfiguration.ts';
import { parseConfigFile } from '../../config/file.ts';
import { asWritten } from '../../config/inForce.ts';
import { readKubeDns } from '../../config/kubeDns.ts';
import { at, UnusableConfig } from '../../config/place.ts';
import type { SettingKey } from '../../config/settings.ts';
import { INVALID } from '../../config/tables/readers.ts';
import type { Setting } from '../../config/tables/setting.ts';
import { TABLE } from '../../config/tables/table.ts';
import { UsageError } from '../../config/usageError.ts';
import type { ClusterFacts, ConfigMapKey } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';

export async function checkChanges(facts: Facts): Promise<readonly Finding[]> {
  const cluster = valueOf(facts.cluster);
  if (cluster === undefined) return [];
  const { settings } = facts;
  return [
    ...(settings.proxy ? await ofKubeProxy(cluster, facts) : []),
    ...(settings.dns ? await ofDns(cluster, facts, ['coredns', 'corednsCustom'], 'Corefile') : []),
    ...(settings.dns ? await ofDns(cluster, facts, ['kubeDns'], "kube-dns's ConfigMap") : []),
    ...(settings.dns ? await ofDns(cluster, facts, ['nodeLocal'], "NodeLocal DNSCache's Corefile") : []),
  ];
}

/** Deciding who and where the agent is, not what it does: they differ by nature. */
const OWN: readonly SettingKey[] = ['kubeconfig', 'nodeName', 'healthzBindAddress', 'metricsBindAddress'];

async function ofKubeProxy({ configMaps }: ClusterFacts, { settings }: Facts): Promise<Finding[]> {
  const check = 'KubeProxyConfiguration';
  const text = valueOf(configMaps.kubeProxy)?.data.get('config.conf');
  if (text === undefined) return [];
  const file = 'kube-system/kube-proxy/config.conf';
  try {
    const { given, notes } = await parseConfigFile(file, text);
    const findings: Finding[] = notes.map((note) => warning(check, note, ''));
    for (const [key, { value, origin }] of given) {
      if (OWN.includes(key)) continue;
      const theirs = readAs(key, value);
      const ours = told(asWritten(key, settings[key]));
      if (theirs === ours) continue;
      const line = origin.kind === 'file' ? origin.line : 0;
      const text = `${at({ file, line }, key)} is ${theirs} there, and would be ${ours}`;
      findings.push(warning(check, text, 'give the file as --config, or set it'));
    }
    return findings.length > 0 ? findings : [ok(check, 'nothing in it would be different')];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [blocker(check, error.message, 'it cannot be given as --config before it is mended')];
  }
}

function readAs(key: SettingKey, value: unknown): string {
  const { reader }: Setting<unknown> = TABLE[key];
  const read = reader.read(value);
  return read === INVALID ? String(value) : told(asWritten(key, read));
}

function told(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

async function ofDns(
  { configMaps }: ClusterFacts,
  { settings }: Facts,
  keys: readonly ConfigMapKey[],
  check: string,
): Promise<Finding[]> {
  const maps = keys.flatMap((key) => valueOf(configMaps[key]) ?? []);
  const { corefile, kubeDns, texts } = contentsOf(maps);
  const ground = groundOf(settings);
  try {
    let read: ReadConfiguration;
    if (corefile !== undefined) read = await readCorefile(corefile, texts, {}, ground);
    else if (Object.keys(kubeDns).length > 0) read = readKubeDns(kubeDns, ground);
    else return [];
    const lost = read.remarks.filter(({ level }) => level === 'warning');
    const notes = read.remarks.length - lost.length;
    const names = maps.map(({ namespace, name }) => `${namespace}/${name}`).join(',');
    const followed = settings.dnsConfigMaps.length > 0 || settings.dnsConfig !== '';
    const hint = followed ? '' : `is followed with --dns-config-map ${names}`;
    return [
      ...lost.map((remark) => warning(check, at(remark, remark.message), '')),
      ok(
        check,
        `${names} can be followed; lines not honoured: ${lost.length}, in another way: ${notes}`,
        hint,
      ),
    ];
  } catch (error) {
    if (!(error instanceof UnusableConfig)) throw error;
    return [warning(check, error.message, 'it cannot be followed before it is mended')];
  }
}
