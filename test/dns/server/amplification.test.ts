/**
 * Who forges a sender's address must not gain by it: how much longer a reply is than its query is bounded, and what is
 * no answer is hardly longer at all.
 */
import { describe, expect, test } from 'vitest';
import { makeQuery } from '../support/ask.ts';
import { pictureOf } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { makeResponder, UDP } from '../support/responder.ts';
import { show } from '../support/show.ts';
import { parseRows } from '../support/zoneFile.ts';
import { FUZZ_RECORDS } from '../fuzz/corpus.ts';
import { ACCEPTANCE_ROWS, hex } from './acceptance.data.ts';
import { RECORD_ROWS, REVERSE_ROWS } from './records.data.ts';

const BIG = 'big.testns.svc.cluster.local';
const OPT = 11;
const SOA = 54;
/** Code and length of an Extended DNS Error, and the longest text: it may name an object of two labels. */
const ERROR = 6 + 200;

const rows = [...parseRows(RECORD_ROWS), ...parseRows(REVERSE_ROWS)].filter(({ skip }) => skip === undefined);
const { responder } = makeResponder(pictureOf(FUZZ_RECORDS));

function respond(query: Uint8Array): Uint8Array {
  const reply = responder.respond(query, UDP);
  if (!(reply instanceof Uint8Array)) throw new Error('no reply at once');
  return reply;
}

describe('every query of the tables, and the largest answer', () => {
  test.each([
    ['no EDNS', undefined, 512],
    ['EDNS 1', 1, 512],
    ['EDNS 512', 512, 512],
    ['EDNS 1232', 1232, 1232],
    ['EDNS 4096, from beyond the node', 4096, 1232],
    ['EDNS 65535, from beyond the node', 65_535, 1232],
  ])('%s: at most %s octets', (_title, edns, limit) => {
    const names = [...rows, { name: BIG, type: 'A' }, { name: BIG, type: 'SRV' }];
    for (const { name, type } of names) {
      if (name.startsWith('external.') || name === 'cluster.local.') continue;
      const query = makeQuery(name, type, edns === undefined ? {} : { edns });
      const reply = respond(query);
      expect(reply.length, `${name} ${type}`).toBeLessThanOrEqual(limit);
      const { rcode, answers } = show(reply);
      if (answers.length > 0) continue;
      const besides = rcode === 'REFUSED' ? ERROR : SOA + ERROR;
      expect(reply.length - query.length, `${name} ${type}`).toBeLessThanOrEqual(
        edns === undefined ? SOA : OPT + besides,
      );
    }
  });

  test('ANY gets one small record', () => {
    for (const { name } of [...rows, { name: BIG }]) {
      const query = makeQuery(name, 'ANY');
      const { answers, size } = show(respond(query));
      expect(answers.length, name).toBeLessThanOrEqual(1);
      expect(size - query.length, name).toBeLessThanOrEqual(SOA);
    }
  });
});

/** No records but the OPT that was asked for. */
const REFUSED = ACCEPTANCE_ROWS.filter(([, , reply]) => reply?.includes(' 0000 0000 '));

test.each(REFUSED)('what is refused or malformed gets no more than it sent: %s', (_title, packet) => {
  const query = hex(packet);
  expect(respond(query).length).toBeLessThanOrEqual(Math.max(12, query.length));
});

test('a large reply of an upstream is cut for a client that did not ask for more', async () => {
  const forwarder = fakeForwarder((query) => {
    const reply = Buffer.concat([query.subarray(0, 29), ...Array.from({ length: 200 }, () => A_RECORD)]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(200, 6);
    reply.writeUInt16BE(0, 10);
    return reply;
  });
  const forwarding = makeResponder(pictureOf([]), forwarder);
  for (const [edns, limit] of [
    [undefined, 512],
    [512, 512],
    [4096, 1232],
  ] as const) {
    const query = makeQuery('example.com', 'A', edns === undefined ? {} : { edns });
    const reply = await forwarding.responder.respond(query, UDP);
    expect(reply?.length).toBeLessThanOrEqual(limit);
    expect(reply !== undefined && show(reply).tc).toBe(true);
  }
});

const A_RECORD = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
