/** The relays of userspace mode, put together. */
import type { RelaySettings } from '../../config/settings.ts';
import { loopbackAddresses } from '../../host/addresses.ts';
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import { openFilesLimit } from '../../host/openFiles.ts';
import { dgramIo } from '../../host/udp/dgramUdp.ts';
import { Budget } from '../../proxy/userspace/budget.ts';
import type { RelayFigures } from '../../proxy/userspace/relay.ts';
import { RelayPorts } from '../../proxy/userspace/relayPorts.ts';
import { createRelay } from '../../proxy/userspace/splice/createRelay.ts';
import type { Log } from '../../telemetry/log.ts';
import { relayAddresses } from './relayAddresses.ts';

export interface RelaysHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Relays {
  readonly ports: RelayPorts;
  figures(): readonly RelayFigures[];
  /** Connections and sessions that may be carried at once. */
  readonly limit: number;
  /** IP families that cannot be relayed on this machine, and why, one line each. */
  missing(): readonly string[];
  /** Ends all that is carried, after a moment to end by itself. */
  stop(): Promise<void>;
}

/** Descriptors for all else: sockets of DNS, of the watch, of programs that we start. */
const RESERVED_FILES = 1_024;
/** However few files may be open: a relay that carries nothing is of no use. */
const LEAST_CONNECTIONS = 100;

export async function openRelays(settings: RelaySettings, host: RelaysHost): Promise<Relays> {
  const { clock, log } = host;
  const byFiles = Math.floor(((await openFilesLimit()) - RESERVED_FILES) / 2);
  const limit = Math.min(settings.relayMaxConnections, Math.max(LEAST_CONNECTIONS, byFiles));
  const relay = createRelay({
    random: Math.random,
    now: () => clock.monotonic(),
    clock,
    budget: new Budget({ limit, clock, log }),
    log,
    udp: dgramIo,
    udpIdleMs: settings.udpIdleTimeout,
  });
  const addresses = relayAddresses({ clock, log, loopback: loopbackAddresses(host.exec, 'relay') });
  const ports = new RelayPorts({
    relay,
    addressOf: (family) => addresses.of(family),
    drainMs: settings.relayDrain,
    clock,
    log,
  });
  return {
    ports,
    figures: () => relay.figures(),
    limit,
    missing: () => addresses.missing(),
    stop: () => ports.close(settings.relayStopDrain),
  };
}
