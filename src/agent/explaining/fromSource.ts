/** What a node would be given, told from a source where no agent runs: no kernel is asked, nothing is tried. */
import type { Settings } from '../../config/settings.ts';
import type { Facts } from '../../explain/facts/facts.ts';
import { parseRuleset } from '../../explain/tracer/ruleset.ts';
import { systemClock } from '../../host/clock.ts';
import type { Picture } from '../../catalog/picture.ts';
import { FAMILIES } from '../../net/ip.ts';
import { renderRuleset } from '../../proxy/iptables/render.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { traceIn } from '../names/tracePicture.ts';
import { type Traced, tracedOf } from '../names/traceRoute.ts';
import { proxySettings } from '../routing/proxySettings.ts';
import { readPicture } from '../source/readPicture.ts';
import { gatherFacts, type Question } from './gather.ts';
import type { ExplainView } from './view.ts';

export interface SourceFacts {
  readonly facts: Facts;
  /** As the agent's `/trace`. */
  readonly trace: (query: Uint8Array, client: string) => Promise<Traced>;
}

/** `undefined` when `signal` came first. @throws Error when the source cannot be opened, or read in time */
export async function factsFromSource(
  question: Question,
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<SourceFacts | undefined> {
  const log = createLogger({ level: 'error', format: 'text' });
  const picture = await readPicture(settings, { env, clock: systemClock, log }, signal);
  if (picture === undefined) return undefined;
  const facts = await gatherFacts(question, viewOf(picture, settings));
  const trace = traceIn(picture, settings, log);
  return { facts, trace: async (query, client) => tracedOf(await trace(query, client)) };
}

function viewOf(picture: Picture, settings: Settings): ExplainView {
  const own = proxySettings(settings);
  const addresses = picture.node?.addresses ?? [];
  return {
    of: 'source',
    picture: () => picture,
    clusterDomain: settings.clusterDomain,
    clusterCIDRs: settings.clusterCIDR,
    unread: () => '',
    dns: settings.dns
      ? { holds: () => false, claimed: () => [], leased: () => false, listening: () => false }
      : undefined,
    routing: settings.proxy
      ? {
          settings: own,
          families: () => FAMILIES,
          mode: () => settings.mode,
          variant: () => '',
          waiting: () => ({ services: 0, seconds: 0, error: '' }),
          refused: () => [],
          relay: () => undefined,
          figures: () => [],
          rules: (family) => Promise.resolve(parseRuleset(renderRuleset(picture, own, family, addresses))),
          wanted: () => undefined,
        }
      : undefined,
    machine: { localAddresses: () => Promise.resolve(addresses) },
  };
}
