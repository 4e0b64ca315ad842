/** A DNS server on loopback for one test. */
import { inject } from 'vitest';
import type { Picture } from '../../../src/catalog/picture.ts';
import { type CountedDnsService, createDnsService } from '../../../src/dns/createDnsService.ts';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import type { RuleBook } from '../../../src/dns/rules/ruleBook.ts';
import type { ClientLimitSettings } from '../../../src/dns/server/limits/clientLimit.ts';
import type { DnsSettings } from '../../../src/dns/settings.ts';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { SETTINGS } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Each way of doing UDP is a project of vitest.config.ts that runs the same tests. */
    udp: 'dgram' | 'threads';
  }
}

export interface TestServer extends AsyncDisposable {
  readonly dns: CountedDnsService;
  readonly address: SocketAddress;
  readonly clock: FakeClock;
  readonly log: FakeLog;
}

export interface ServerOptions {
  readonly settings?: Partial<DnsSettings>;
  readonly forwarder?: Forwarder | undefined;
  readonly rules?: RuleBook;
  readonly clientLimit?: ClientLimitSettings;
  readonly listen?: string;
  readonly udp?: 'dgram' | 'threads';
}

export async function startServer(picture: Picture, options: ServerOptions = {}): Promise<TestServer> {
  const clock = new FakeClock();
  const log = new FakeLog();
  const settings = { ...SETTINGS, ...options.settings };
  const way = options.udp ?? inject('udp');
  const threads = way === 'threads' ? 1 : 0;
  const dns = createDnsService({
    settings,
    forwarder: options.forwarder,
    clock,
    log,
    threads,
    clientLimit: options.clientLimit,
    ...(options.rules === undefined ? {} : { rules: options.rules }),
  });
  dns.update(picture, undefined);
  await dns.listen({ address: options.listen ?? '127.0.0.1', port: 0 });
  const [address] = dns.state().listening;
  if (address === undefined) throw new Error('not listening');
  return { dns, address, clock, log, [Symbol.asyncDispose]: () => dns.close() };
}
