/** A Corefile as a configuration of this agent. */
import type { RuleBlock } from '../../dns/rules/rule.ts';
import type { DnsConfiguration, ReadConfiguration, Remark, ZoneSettings } from '../dnsConfiguration.ts';
import { UnusableConfig } from '../place.ts';
import { type ConfigText, type ConfigTexts, expandCorefile } from './expand.ts';
import { forwardingOf } from './forwarding.ts';
import type { Environment } from './lexer.ts';
import { type BlockDraft, type Ground, type KubernetesDraft, Reading } from './reading.ts';
import { readServerBlocks } from './serverBlocks.ts';
import { isWithin } from './zones.ts';

/**
 * What the Corefile says, and for the rest what is in force without it. Lines that have no counterpart here are
 * remarks, and the others are in force.
 * @throws UnusableConfig where CoreDNS would not start with it either: braces, missing imports, malformed values
 */
export async function readCorefile(
  main: ConfigText,
  texts: ConfigTexts,
  env: Environment,
  ground: Ground,
): Promise<ReadConfiguration> {
  const reading = new Reading(ground, texts, env);
  const blocks = await expandCorefile(main, texts, env);
  if (blocks.length === 0) throw new UnusableConfig({ file: main.file, line: 0 }, 'has no server block');
  const drafts = await readServerBlocks(blocks, reading);
  const zone = zoneOf(drafts, reading);
  const configuration: DnsConfiguration = {
    zone,
    forwarding: forwardingOf(drafts, ground.clusterDomain, reading),
    rules: rulesOf(drafts),
  };
  return { configuration, remarks: inOrder(reading.remarks) };
}

/** A node-local cache's file has no `kubernetes` line: then the flags hold. */
function zoneOf(drafts: readonly BlockDraft[], reading: Reading): ZoneSettings {
  const { zone } = reading.ground.configuration;
  const [first, ...more] = drafts.flatMap(({ kubernetes }) => kubernetes);
  for (const other of more)
    reading.warn(other, 'kubernetes: one cluster is served, that of the first such line');
  if (first === undefined) return zone;
  checkDomain(first, reading);
  return { ttl: first.ttl ?? zone.ttl, pods: podsOf(first, reading) };
}

/** The cluster's domain is the agent's own: kubelets and other agents go by it too. */
function checkDomain(draft: KubernetesDraft, reading: Reading): void {
  const { clusterDomain } = reading.ground;
  const zones = draft.zones.filter((zone) => !isWithin(zone, 'arpa'));
  // CoreDNS calls a server without one a mistake too.
  if (zones.length === 0)
    throw new UnusableConfig(draft, 'kubernetes: needs a zone that is not a reverse one');
  for (const zone of zones.filter((one) => one !== '' && one !== clusterDomain)) {
    reading.warn(draft, `kubernetes: ${zone} is not served: --cluster-domain is ${clusterDomain}`);
  }
}

function podsOf(draft: KubernetesDraft, reading: Reading): ZoneSettings['pods'] {
  if (draft.pods !== 'verified' || reading.ground.podsKnown) return draft.pods;
  reading.warn(draft, 'pods: verified needs --pods verified from the start: until then as insecure');
  return 'insecure';
}

/** Blocks without rules count as well: their names are not for the rules of a shorter zone. */
function rulesOf(drafts: readonly BlockDraft[]): RuleBlock[] {
  const blocks = drafts.map(({ zones, rules }) => ({ zones, ...rules }));
  const some = blocks.some(
    ({ rewrites, minimalAny, templates, hosts }) =>
      rewrites.length > 0 || minimalAny || templates.length > 0 || hosts !== undefined,
  );
  return some ? blocks : [];
}

/** As a reader of the file meets them; imported files one after the other. */
function inOrder(remarks: readonly Remark[]): readonly Remark[] {
  const byFile = Map.groupBy(remarks, ({ file }) => file);
  return [...byFile.values()].flatMap((group) => group.toSorted((a, b) => a.line - b.line));
}
