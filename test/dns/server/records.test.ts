import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS, REVERSE_RECORDS } from '../support/cluster.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Shown, show } from '../support/show.ts';
import { parseRows, type Row } from '../support/zoneFile.ts';
import { RECORD_ROWS, REVERSE_ROWS } from './records.data.ts';

const FIXTURES = [
  { title: 'names of Services and pods', records: RECORDS, text: RECORD_ROWS },
  { title: 'names of addresses', records: REVERSE_RECORDS, text: REVERSE_ROWS },
];

describe.each(FIXTURES)('$title', ({ records, text }) => {
  const rows = parseRows(text);
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(pictureOf(records));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  for (const row of rows) {
    const title = `${row.id} ${row.name} ${row.type} is ${row.outcome}`;
    test.skipIf(row.skip !== undefined)(
      row.skip === undefined ? title : `${title}: ${row.skip}`,
      async () => {
        const query = makeQuery(row.name, row.type, { edns: 4096 });
        check(show(await askUdp(server.address, query)), row);
        // The second time the answer may be a kept one.
        check(show(await askUdp(server.address, query)), row);
        check(show(await askTcp(server.address, query)), row);
      },
    );
  }

  test('the row ids are unique', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });
});

function check(reply: Shown, row: Row): void {
  const rcode = row.outcome === 'NODATA' ? 'NOERROR' : row.outcome;
  const denied = row.outcome === 'NODATA' || row.outcome === 'NXDOMAIN';
  expect({
    rcode: reply.rcode,
    aa: reply.aa,
    tc: reply.tc,
    question: reply.question,
    answers: reply.answers.toSorted(),
    additional: reply.additional.toSorted(),
    authority: reply.authority,
  }).toEqual({
    rcode,
    aa: row.outcome !== 'REFUSED',
    tc: false,
    question: `${row.name} ${row.type}`,
    answers: row.answers,
    additional: row.additional,
    authority: denied ? [soaFor(row.name)] : [],
  });
  // A chain of aliases is readable only in order.
  const aliases = reply.answers.findLastIndex((record) => record.includes(' CNAME '));
  expect(reply.answers.slice(0, aliases + 1).every((record) => record.includes(' CNAME '))).toBe(true);
}

function soaFor(name: string): string {
  const zone = /(in-addr\.arpa|ip6\.arpa|cluster\.local)\.$/.exec(name)?.[0] ?? '';
  return `${zone} 5 SOA ns.dns.${zone} hostmaster.${zone} 1767225600 7200 1800 86400 5`;
}
