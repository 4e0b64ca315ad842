/** The program of a thread that answers. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { uptimeMs } from '../../host/clock.ts';
import { loadDescriptors } from '../../host/udp/descriptors.ts';
import { takeShortTurns } from '../../host/turns.ts';
import { BATCH } from '../../host/udp/inbox.ts';
import { loadMmsg } from '../../host/udp/mmsg.ts';
import { Domains } from '../answers/domains.ts';
import { SharedState } from '../answers/sharedState.ts';
import { TableReader } from '../answers/tableReader.ts';
import { ReplyWriter } from '../answers/writer.ts';
import { CacheCounts } from '../cache/counts.ts';
import { HotReader } from '../cache/hotReplies.ts';
import { DnsCounters } from '../server/counters.ts';
import { ClientLimit } from '../server/limits/clientLimit.ts';
import { Gate } from '../server/limits/gate.ts';
import { ReadyReplies } from '../server/readyReplies.ts';
import { Query } from '../wire/query.ts';
import { Soas } from '../zone/records/soas.ts';
import { AnswerLoop } from './answerLoop.ts';
import type { ThreadData } from './messages.ts';
import { PacketRing } from './packetRing.ts';

// A bundle has no top-level await; a failure ends the thread, and its reason is told.
if (parentPort !== null) void run(workerData, parentPort);

async function run(data: ThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  await takeShortTurns();
  const state = new SharedState(data.state);
  const table = new TableReader(state, data.index);
  const stop = new Int32Array(data.stop);
  const writer = new ReplyWriter(Math.random);
  const replies = new ReadyReplies({
    table,
    domains: new Domains(data.clusterDomain),
    soas: new Soas(() => state.serial, data.denial),
    writer,
    forwards: () => state.forwards,
    isHeld: (domain) => state.isHeld(domain),
    hot: new HotReader({
      find: (key, into) => table.findHot(key, into),
      counts: new CacheCounts(data.cacheCounts),
      now: () => uptimeMs() - data.aheadMs,
      random: Math.random,
    }),
  });
  const counters = new DnsCounters(data.counters);
  const loop = new AnswerLoop({
    mmsg: await loadMmsg(),
    descriptors: await loadDescriptors(),
    signal: data.signal,
    table,
    replies,
    queries: Array.from({ length: BATCH }, () => new Query(data.seed)),
    ring: new PacketRing(data.ring),
    counters,
    joinedFrom: data.joinedFrom,
    gate: gateOf(data, writer, counters),
    now: () => performance.now(),
    stopped: () => Atomics.load(stop, 0) === 1,
    receive: () => receiveMessageOnPort(port)?.message,
    tell: (report) => port.postMessage(report, []),
  });
  loop.run();
}

/** The limit that all threads share, with the main thread's idea of the time. */
function gateOf(
  { limit, seed, aheadMs }: ThreadData,
  writer: ReplyWriter,
  counters: DnsCounters,
): Gate | undefined {
  if (limit === undefined) return undefined;
  const { settings, buffer } = limit;
  const clock = { monotonic: () => uptimeMs() - aheadMs };
  return new Gate(new ClientLimit(settings, clock, seed, buffer), settings.slip, writer, counters);
}
