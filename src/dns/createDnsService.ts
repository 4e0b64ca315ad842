/** Puts the DNS server together. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Clock } from '../host/clock.ts';
import type { InheritedSockets } from '../host/inheritedSockets.ts';
import { type StartThread, startThread } from '../host/thread.ts';
import { dgramIo } from '../host/udp/dgramUdp.ts';
import { loadSharedSystem, type SharedSystem } from '../host/udp/sharedSocket.ts';
import type { UdpIo } from '../host/udp/udpIo.ts';
import type { SocketAddress } from '../net/socketAddress.ts';
import type { Log } from '../telemetry/log.ts';
import { Answers } from './answers/answers.ts';
import { Takeover } from './answers/takeover.ts';
import { ReplyWriter } from './answers/writer.ts';
import { CacheCounts } from './cache/counts.ts';
import type { HotReply } from './cache/hotRecord.ts';
import { HotReplies } from './cache/hotReplies.ts';
import type { Forwarder, ForwarderState } from './forward/forwarder.ts';
import { RuleBook } from './rules/ruleBook.ts';
import { DnsCounters } from './server/counters.ts';
import { ClientLimit, type ClientLimitSettings } from './server/limits/clientLimit.ts';
import { Gate } from './server/limits/gate.ts';
import { QueryLog } from './server/queryLog.ts';
import { Responder } from './server/responder.ts';
import { drained, settled } from './server/sockets/drain.ts';
import { type BindUdp, type Listener, openListener } from './server/sockets/listener.ts';
import type { Answered } from './server/step.ts';
import type { DnsService, DnsState } from './service.ts';
import type { DnsSettings, ForwardSettings, Joining } from './settings.ts';
import { AnswerThreads } from './threads/answerThreads.ts';
import { JOINED_FROM } from './threads/joining.ts';
import { threadFile } from './threads/threadFile.ts';
import type { Query } from './wire/query.ts';
import { addressesOf } from './zone/addressesOf.ts';

export interface DnsServiceOptions {
  readonly settings: DnsSettings;
  /** `undefined` refuses other names. It is the caller's to close. */
  readonly forwarder: Forwarder | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to but not including 1; orders addresses. */
  readonly random?: () => number;
  readonly udp?: UdpIo;
  /** Of an agent that was here before; an address that is among them is not bound anew. */
  readonly inherited?: InheritedSockets;
  /** What one client may ask by UDP; no limit by default. */
  readonly clientLimit?: ClientLimitSettings | undefined;
  /** Asked before the zone and the forwarder; none by default. */
  readonly rules?: RuleBook;
  /** Threads that answer what is ready; `auto` is one while there are many queries. None, if absent. */
  readonly threads?: number | 'auto';
  /** When threads join replies to one client into one packet, for the system to part; `auto` by default. */
  readonly joining?: Joining;
  readonly startThread?: StartThread;
  readonly loadSystem?: () => Promise<SharedSystem>;
}

/** The DNS half, with what it counts. */
export interface CountedDnsService extends DnsService {
  /** For before `close`, once queries are led elsewhere: resolves when those on their way have been answered. */
  drain(): Promise<void>;
  /**
   * For before `close`, once another process reads the same sockets: reads no more, and resolves when what was read is
   * answered and connections have ended, after ten seconds at most. Rejects where there is no native module.
   */
  retire(): Promise<void>;
  /** What a client would be told, and by which step. Rejects when the packet is no query. */
  trace(query: Uint8Array, client: string): Promise<Answered>;
  /** Addresses of a name of the cluster; `undefined` when it is not in its domain. */
  addressesOf(name: string): readonly string[] | undefined;
  counters(): DnsCounters;
  /** Octets that kept answers take. */
  octets(): number;
}

export function createDnsService(options: DnsServiceOptions): CountedDnsService {
  const { settings, forwarder, clock, log, random = Math.random, inherited } = options;
  const udp = inherited?.udp(options.udp ?? dgramIo) ?? options.udp ?? dgramIo;
  const { rules = new RuleBook(), clientLimit, threads: count = 0, joining = 'auto' } = options;
  const counters = new DnsCounters();
  const seed = Math.floor(random() * 0x1_0000_0000);
  const writer = new ReplyWriter(random);
  const answers = new Answers(settings, writer.order, { seed, refreshes: () => threads.running > 0 });
  const takeover = new Takeover(answers, clock);
  const queryLog = new QueryLog(log);
  const { search } = settings;
  const hot = new HotReplies(answers.table.hot, answers.state);
  const share = (query: Query, reply: HotReply): void => {
    // What is in one of our domains may be the cluster's tomorrow.
    if (threads.running > 0 && answers.domains.of(query) === undefined) hot.put(query, reply);
  };
  const parts = { search, answers, writer, forwarder, rules, share, counters, queryLog, clock, log, seed };
  const responder = new Responder(parts);
  const limit = clientLimit && new ClientLimit(clientLimit, clock, seed);
  const gate = limit && new Gate(limit, limit.settings.slip, writer, counters);
  const threads = new AnswerThreads({
    count,
    file: threadFile(),
    start: options.startThread ?? startThread,
    load: options.loadSystem ?? loadSharedSystem,
    answers,
    seed,
    clusterDomain: settings.clusterDomain,
    limit,
    joinedFrom: JOINED_FROM[joining],
    queries: () => allCounters().queries,
    clock,
    log,
  });
  const allCounters = (): DnsCounters => DnsCounters.sum([counters, ...threads.counters]);
  const bind: BindUdp = (...place) => threads.bind(udp, ...place);
  const inheritedTcp = inherited && ((address: string, port: number) => inherited.tcp(address, port));
  /** What threads must know of this one's configuration. */
  const tellThreads = (): void => {
    const ruled = rules.current !== undefined;
    answers.hold((domain) => queryLog.on || rules.mayTouch(domain), queryLog.on || ruled);
    answers.state.setForwards(forwarder?.recursive === true);
  };
  rules.watch(tellThreads);
  const listeners = new Map<string, Listener>();
  let closed = false;
  return {
    update(picture: Picture, changes: ChangeSet | undefined): void {
      takeover.update(picture, changes);
    },
    async configure(forwarding: ForwardSettings): Promise<void> {
      await forwarder?.configure(forwarding);
      hot.void();
      queryLog.configure(forwarding.queryLog);
      tellThreads();
    },
    configureZone: (zone) => answers.configure(zone),
    async listen(address: SocketAddress): Promise<void> {
      const listener = await openListener(address, { responder, bind, inheritedTcp, clock, gate });
      if (closed) return listener.close();
      listeners.set(keyOf(listener.address), listener);
      log.info({ address: listener.address.address, port: listener.address.port }, 'dns: answering');
    },
    async unlisten(address: SocketAddress): Promise<void> {
      const listener = listeners.get(keyOf(address));
      listeners.delete(keyOf(address));
      await listener?.close();
    },
    drain: () => drained({ queries: () => allCounters().queries, waiting: () => responder.waiting }, clock),
    async retire(): Promise<void> {
      if (listeners.size === 0) return;
      const connections = [...listeners.values()].map((listener) => listener.retire());
      await threads.retire();
      await settled(connections, () => responder.waiting, clock);
    },
    async close(): Promise<void> {
      closed = true;
      takeover.stop();
      const open = [...listeners.values()];
      listeners.clear();
      await Promise.all(open.map((listener) => listener.close()));
      await threads.close();
    },
    state: (): DnsState => ({
      listening: [...listeners.values()].map((listener) => listener.address),
      services: answers.resolver.services,
      names: answers.table.size,
      queries: allCounters().queries,
      threads: threads.running,
      forwarder: forwarder && withCounts(forwarder.state(), threads.cacheCounts),
    }),
    trace: (query, client) => responder.trace(query, { address: client, port: 0 }),
    addressesOf: (name) => addressesOf(answers.resolver, name, settings.clusterDomain),
    counters: allCounters,
    octets: () => answers.table.octets,
  };
}

/** With what threads have told of the cache. */
function withCounts(state: ForwarderState, others: readonly CacheCounts[]): ForwarderState {
  const counts = CacheCounts.sum([state.cache.counts, ...others]);
  return { ...state, cache: { ...state.cache, counts } };
}

function keyOf({ address, port }: SocketAddress): string {
  return `${address} ${port}`;
}
