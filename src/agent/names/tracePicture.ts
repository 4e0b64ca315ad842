/** How a name would be answered where no agent runs: by the cluster's own zone, from what a source says. */
import type { Picture } from '../../catalog/picture.ts';
import type { Settings } from '../../config/settings.ts';
import { createDnsService } from '../../dns/createDnsService.ts';
import { systemClock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { readPicture } from '../source/readPicture.ts';
import { type Trace, type Traced, tracedOf } from './traceRoute.ts';

export interface TraceRequest {
  readonly settings: Settings;
  readonly query: Uint8Array;
  /** Address of who asks. */
  readonly client: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
}

/** `undefined` when `signal` came first. @throws Error when the source cannot be opened */
export async function tracePicture(request: TraceRequest): Promise<Traced | undefined> {
  const { settings, query, client, env, signal } = request;
  const log = createLogger({ level: 'error', format: 'text' });
  const picture = await readPicture(settings, { env, clock: systemClock, log }, signal);
  if (picture === undefined) return undefined;
  return tracedOf(await traceIn(picture, settings, log)(query, client));
}

/** Answers from a picture alone: names outside of the cluster are refused. */
export function traceIn(picture: Picture, settings: Settings, log: Log): Trace {
  const { clusterDomain, dnsService, dnsTTL: ttl, dnsNegativeTTL: negativeTtl, pods } = settings;
  const zone = { clusterDomain, dnsService, ttl, negativeTtl, pods };
  const dns = createDnsService({ settings: zone, forwarder: undefined, clock: systemClock, log });
  dns.update(picture, undefined);
  return (query, client) => dns.trace(query, client);
}
