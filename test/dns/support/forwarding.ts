/** The real forwarder over an upstream in memory. */
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Transport } from '../../../src/dns/forward/transport.ts';
import type { Forwarder } from '../../../src/dns/forwarder.ts';
import type { Clock } from '../../../src/host/clock.ts';

export function forwarderOver(transport: Transport, clock: Clock, maxCacheBytes: number): Forwarder {
  return createForwarder({
    upstreams: [{ address: '192.0.2.53', port: 53 }],
    clock,
    // Lines of millions of queries would be kept otherwise.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    transports: { udp: transport, tcp: transport },
    maxCacheBytes,
  });
}

function quiet(): void {}
