/** An upstream that sends mutated replies: through the forwarder, its cache and the server to a client. */
import { COUNT } from '../../../src/dns/cache/counts.ts';
import type { Transport } from '../../../src/dns/forward/transport/transport.ts';
import { questionOf } from '../../../src/dns/wire/layout.ts';
import { FakeClock } from '../../fake/clock.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { forwarderOver } from '../support/forwarding.ts';
import { makeResponder, TCP, UDP } from '../support/responder.ts';
import { replyCorpus } from './corpus.ts';
import { mutant } from './mutate.ts';
import { checkReply } from './promises.ts';
import { type Draw, pick } from './random.ts';
import { Broken, type Target } from './target.ts';

const NAME = 'host.example';
const ALIAS = 'external.testns.svc.cluster.local';
const TYPES = ['A', 'AAAA', 'MX', 'TXT', 'ANY'] as const;

export async function repliesTarget(): Promise<Target> {
  const corpus = replyCorpus({ id: 0, name: NAME });
  const clock = new FakeClock();
  let hostile: Draw = () => 0;
  let last: Uint8Array = new Uint8Array(0);
  const transport: Transport = {
    exchange(request) {
      last = answerTo(hostile, request.message, corpus);
      const judged = request.judge(last);
      if (judged === 'stray') return Promise.resolve({ kind: 'none', reason: 'stray' });
      return Promise.resolve(judged === 'answer' ? { kind: 'reply', message: last } : { kind: 'doubtful' });
    },
  };
  const forwarder = await forwarderOver(transport, clock, 100_000);
  const { responder, counters } = makeResponder(pictureOf(RECORDS), forwarder);
  return {
    name: 'replies of a hostile upstream',
    async round(draw) {
      hostile = draw;
      // Replies are about the name itself: what they say is kept only where it was asked.
      const name = pick(draw, [ALIAS, NAME, NAME, `${draw(4)}.${NAME}`]);
      const query = makeQuery(spelled(draw, name), pick(draw, TYPES), {
        id: draw(0x1_0000),
        ...(draw(2) === 0 ? { edns: pick(draw, [0, 512, 1232, 4096]) } : {}),
      });
      const link = draw(2) === 0 ? UDP : TCP;
      const reply = await responder.respond(query, link);
      if (counters.faults > 0) throw new Broken('no reply is at fault', query, last);
      checkReply(query, reply, link);
      // Kept answers grow old, and in the end go.
      if (draw(50) === 0) await clock.advance(1000 * draw(30));
    },
    tally() {
      const [answered = 0, , failed = 0, denied = 0] = counters.responses;
      return { answered, failed, denied, cached: forwarder.state().cache.counts.of(COUNT.hitsSuccess) };
    },
  };
}

/** A reply of the corpus to this very query, then mutated: mostly behind the question, or it would only be ignored. */
function answerTo(draw: Draw, sent: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
  const question = sent.subarray(12, questionOf(sent)?.end);
  const template = pick(draw, corpus);
  const records = template.subarray(questionOf(template)?.end);
  const head = [...sent.subarray(0, 2), ...template.subarray(2, 12)];
  if (draw(8) === 0) return mutant(draw, [Uint8Array.from([...head, ...question, ...records])]);
  const mutated = mutant(draw, [records.length === 0 ? Uint8Array.of(0) : records]);
  // The counts of the sections, too, may promise what is not there.
  if (draw(4) === 0) head[5 + 2 * (1 + draw(3))] = draw(4);
  return Uint8Array.from([...head, ...question, ...mutated]);
}

function spelled(draw: Draw, name: string): string {
  return name.replaceAll(/[a-z]/g, (letter) => (draw(2) === 0 ? letter.toUpperCase() : letter));
}
