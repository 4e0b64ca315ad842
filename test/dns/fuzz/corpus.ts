/** What mutants are made from: every query of the tables, and replies of all kinds. */
import { type Answer, encode } from 'dns-packet';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { endpointRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { ACCEPTANCE_ROWS, hex } from '../server/acceptance.data.ts';
import { RECORD_ROWS, REVERSE_ROWS } from '../server/records.data.ts';
import { makeQuery } from '../support/ask.ts';
import { RECORDS, REVERSE_RECORDS } from '../support/cluster.ts';
import { parseRows } from '../support/zoneFile.ts';

/** The clusters of the tables, and a headless Service whose records no client takes at once. */
export const FUZZ_RECORDS: readonly ObjectRecord[] = [
  ...RECORDS,
  ...REVERSE_RECORDS,
  serviceRecord('testns/big', { clusterIPs: ['None'] }),
  sliceRecord('testns/big-a', {
    endpoints: Array.from({ length: 300 }, (_, i) => endpointRecord(`10.77.${i >> 8}.${i & 0xff}`)),
  }),
];

export function queryCorpus(): Uint8Array[] {
  const rows = [...parseRows(RECORD_ROWS), ...parseRows(REVERSE_ROWS)];
  const tabled = rows.flatMap(({ name, type }) => [
    makeQuery(name, type),
    makeQuery(name.toUpperCase(), type, { edns: 512 }),
    makeQuery(name, type, { edns: 65_535, recursion: false }),
  ]);
  const outside = ['example.com', 'a.b.c.d.e.example', '9.9.9.9.in-addr.arpa', 'kubernetes', 'version.bind'];
  const big = ['big.testns.svc.cluster.local', '_http._tcp.big.testns.svc.cluster.local'];
  return [
    ...tabled,
    ...[...big, ...big, ...big].flatMap((name) =>
      ['A', 'SRV'].flatMap((type) => [
        makeQuery(name, type),
        ...[512, 700, 1232, 4096].map((edns) => makeQuery(name, type, { edns })),
      ]),
    ),
    ...outside.flatMap((name) =>
      ['A', 'AAAA', 'TXT', 'ANY', 'HTTPS'].map((type) => makeQuery(name, type, { edns: 1232 })),
    ),
    ...ACCEPTANCE_ROWS.map(([, packet]) => hex(packet)).filter((packet) => packet.length > 0),
  ];
}

/** Replies to `query` as upstream servers send them. */
export function replyCorpus(query: { readonly id: number; readonly name: string }): Uint8Array[] {
  const { id, name } = query;
  const questions = [{ name, type: 'A', class: 'IN' }] as const;
  const reply = (flags: number, sections: Sections): Uint8Array =>
    encode({ type: 'response', id, flags: 0x180 | flags, questions: [...questions], ...sections });
  const soa = {
    name: 'example',
    type: 'SOA',
    ttl: 60,
    data: {
      mname: 'ns.example',
      rname: 'root.example',
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    },
  };
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0x8000, options: [] };
  const a = (owner: string, data: string): Answer => ({ name: owner, type: 'A', ttl: 77, data });
  return [
    reply(0, { answers: [a(name, '192.0.2.1')] }),
    reply(0, { answers: [a(name, '192.0.2.1')], additionals: [opt] }),
    reply(0x200, { answers: [a(name, '192.0.2.1')] }),
    reply(3, { authorities: [soa] }),
    reply(0, { authorities: [soa], additionals: [opt] }),
    reply(2, {}),
    reply(5, {}),
    reply(0, {
      answers: [{ name, type: 'CNAME', ttl: 9, data: 'edge.example' }, a('edge.example', '192.0.2.2')],
    }),
    reply(0, { answers: Array.from({ length: 100 }, (_, i) => a(name, `192.0.2.${i}`)) }),
    reply(0, {
      answers: [{ name, type: 'MX', ttl: 9, data: { preference: 1, exchange: 'mx.example' } }],
      additionals: [a('mx.example', '192.0.2.3'), opt],
    }),
    reply(0, { answers: [{ name, type: 'TXT', ttl: 0x7fff_ffff, data: ['x'.repeat(255), 'y'] }] }),
  ];
}

interface Sections {
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}
