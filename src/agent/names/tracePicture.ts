/** How a name would be answered where no agent runs: by the cluster's own zone, from what a source says. */
import type { Settings } from '../../config/settings.ts';
import { createDnsService } from '../../dns/createDnsService.ts';
import { systemClock } from '../../host/clock.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { readPicture } from '../source/readPicture.ts';
import { type Traced, tracedOf } from './traceRoute.ts';

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
  const clock = systemClock;
  const picture = await readPicture(settings, { env, clock, log }, signal);
  if (picture === undefined) return undefined;
  const { clusterDomain, dnsService, dnsTTL: ttl, dnsNegativeTTL: negativeTtl, pods } = settings;
  const zone = { clusterDomain, dnsService, ttl, negativeTtl, pods };
  const dns = createDnsService({ settings: zone, forwarder: undefined, clock, log });
  dns.update(picture, undefined);
  return tracedOf(await dns.trace(query, client));
}
