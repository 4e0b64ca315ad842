/** TCP streams, cut anywhere: the same messages come out, however they arrive. */
import { Frames, frame } from '../../../src/dns/wire/frames.ts';
import { queryCorpus } from './corpus.ts';
import { mutant } from './mutate.ts';
import { Broken, type Target } from './target.ts';

export function streamsTarget(): Target {
  const corpus = queryCorpus();
  const tally = { messages: 0, segments: 0 };
  return {
    name: 'TCP streams',
    round(draw) {
      const sent = Array.from({ length: 1 + draw(6) }, () => mutant(draw, corpus)).filter(
        (message) => message.length <= 0xffff,
      );
      const stream = Buffer.concat(sent.map(frame));
      // The last message may never come whole.
      const end = stream.length - (draw(2) === 0 ? 0 : draw(stream.length + 1));
      const frames = new Frames();
      const received: Uint8Array[] = [];
      const most = 1 + draw(draw(2) === 0 ? 4 : 2000);
      for (let at = 0; at < end; ) {
        const next = Math.min(end, at + 1 + draw(most));
        frames.push(stream.subarray(at, next));
        tally.segments++;
        at = next;
        for (let message = frames.next(); message !== undefined; message = frames.next()) {
          received.push(Uint8Array.from(message));
        }
      }
      tally.messages += received.length;
      if (!isPrefix(received, sent, end)) throw new Broken('a stream holds the messages put in', stream);
    },
    tally: () => tally,
  };
}

/** Every message that is whole within the first `end` octets, and no other. */
function isPrefix(received: readonly Uint8Array[], sent: readonly Uint8Array[], end: number): boolean {
  let at = 0;
  let whole = 0;
  for (const message of sent) {
    at += 2 + message.length;
    if (at <= end) whole++;
  }
  return (
    received.length === whole &&
    received.every((message, i) => Buffer.compare(message, sent[i] ?? new Uint8Array(0)) === 0)
  );
}
