import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeForwarder } from '../support/forwarding.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { makeResponder, TCP, UDP } from '../support/responder.ts';
import { read } from '../../config/corefile/read.ts';

// Every kind of rule, met by packets that nobody in their right mind would send.
const COREFILE = `. {
  rewrite continue name suffix .a.example .b.example answer auto
  rewrite name regex ^(.*)\\.c\\.example {1}.{1}.{1}.{1}.example answer name (.*) {1}.x answer value (.*) {1}.y
  rewrite ttl suffix .example 1-2
  any
  template IN A t.example {
    match ^(.*)[.]t[.]example[.]$
    answer "{{ .Name }} 60 IN CNAME {{ index .Match 1 }}.a.example."
    fallthrough
  }
  hosts {
    192.0.2.1 b.example x.b.example
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa
}`;

test('no packet makes a rule throw, stall, or say more than it may', async () => {
  // What was asked, sent back as an answer: garbage in, garbage out.
  const echo = fakeForwarder((query) => {
    const reply = Buffer.from(query);
    reply.writeUInt16BE(0x8180, 2);
    return reply;
  });
  const { responder, rules, counters } = makeResponder(pictureOf(RECORDS), echo);
  rules.replace((await read(COREFILE)).configuration.rules);
  const label = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 't', 'x', 'example', 'svc1', 'testns', 'svc', 'cluster', 'local'),
    fc.stringMatching(/^[!-~]{1,63}$/).filter((text) => !text.includes('.')),
  );
  const name = fc
    .array(label, { maxLength: 8 })
    .chain((left) => fc.constantFrom('a', 'b', 'c', 't').map((zone) => [...left, zone, 'example'].join('.')))
    .filter((text) => text.length < 250);
  const type = fc.constantFrom('A', 'AAAA', 'PTR', 'ANY', 'TXT', 'SRV');
  const change = fc.tuple(fc.nat(300), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      name,
      type,
      fc.array(change, { maxLength: 3 }),
      fc.boolean(),
      async (asked, kind, changes, tcp) => {
        const packet = makeQuery(asked, kind, { edns: 1232 });
        for (const [at, octet] of changes) if (at < packet.length) packet[at] = octet;
        const link = tcp ? TCP : UDP;
        const reply = await responder.respond(packet, link);
        expect(reply?.length ?? 0).toBeLessThanOrEqual(link.limit);
        expect(counters.faults).toBe(0);
      },
    ),
    { numRuns: 1500 },
  );
});
