/** Mutated queries to a server without a forwarder, and to one whose forwarder echoes. */
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { pictureOf } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { makeResponder, TCP, UDP } from '../support/responder.ts';
import { FUZZ_RECORDS, queryCorpus } from './corpus.ts';
import { mutant } from './mutate.ts';
import { checkReply } from './promises.ts';
import { Broken, type Target } from './target.ts';

export function queriesTarget(forwarder?: Forwarder): Target {
  const corpus = queryCorpus();
  const { responder, counters, log } = makeResponder(pictureOf(FUZZ_RECORDS), forwarder);
  return {
    name: forwarder === undefined ? 'queries' : 'queries, forwarded',
    round(draw) {
      const packet = mutant(draw, corpus);
      const link = draw(2) === 0 ? UDP : TCP;
      const reply = responder.respond(packet, link);
      if (counters.faults > 0) throw new Broken(`no query is at fault: ${faultOf(log.lines)}`, packet);
      if (!(reply instanceof Promise)) return checkReply(packet, reply, link);
      return reply.then((late) => checkReply(packet, late, link));
    },
    tally() {
      const [answered = 0, malformed = 0, , denied = 0, unknown = 0, refused = 0] = counters.responses;
      return { answered, malformed, denied, unknown, refused, dropped: counters.dropped };
    },
  };
}

function faultOf(lines: readonly unknown[]): string {
  return JSON.stringify(lines.at(-1), (_, value: unknown) => (value instanceof Error ? value.stack : value));
}

/** Says of every name that it exists and has nothing. */
export function echo(): Forwarder {
  return fakeForwarder((query) => query.map((octet, i) => (i === 2 ? octet | 0x80 : octet)));
}
