import { type Answer, encode } from 'dns-packet';

export interface Sketch {
  readonly name?: string;
  readonly type?: 'A' | 'AAAA' | 'TXT';
  readonly rcode?: number;
  /** More bits of the header's second word. */
  readonly flags?: number;
  readonly answers?: Answer[];
  readonly authorities?: Answer[];
  readonly additionals?: Answer[];
}

/** A reply as an upstream server would send it. */
export function replyMessage(sketch: Sketch = {}): Uint8Array {
  const { name = 'www.example.org', type = 'A', rcode = 0, flags = 0 } = sketch;
  return encode({
    type: 'response',
    id: 7,
    flags: 0x0180 | flags | rcode,
    questions: [{ name, type, class: 'IN' }],
    answers: sketch.answers ?? [],
    authorities: sketch.authorities ?? [],
    additionals: sketch.additionals ?? [],
  });
}

export interface QuerySketch {
  readonly name?: string;
  readonly type?: 'A' | 'AAAA';
  readonly class?: 'IN' | 'CH';
  readonly id?: number;
  readonly flags?: number;
  /** The client speaks EDNS, with DO or without. */
  readonly edns?: 'DO' | 'plain';
}

/** A query as a client would send it. */
export function queryMessage(sketch: QuerySketch = {}): Uint8Array {
  const { name = 'www.example.org', type = 'A', id = 1, flags = 0x0100, edns } = sketch;
  return encode({
    type: 'query',
    id,
    flags,
    questions: [{ name, type, class: sketch.class ?? 'IN' }],
    additionals: edns === undefined ? [] : [opt(edns === 'DO')],
  });
}

export function opt(dnssecOk = false, extendedRcode = 0): Answer {
  const flags = dnssecOk ? 0x8000 : 0;
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 4096,
    extendedRcode,
    ednsVersion: 0,
    flags,
    flag_do: dnssecOk,
    options: [],
  };
}

export function a(ttl: number, name = 'www.example.org', data = '192.0.2.1'): Answer {
  return { type: 'A', name, ttl, data };
}

export function cname(ttl: number, data: string, name = 'www.example.org'): Answer {
  return { type: 'CNAME', name, ttl, data };
}

export function soa(ttl: number, minimum: number): Answer {
  const times = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum };
  return {
    type: 'SOA',
    name: 'example.org',
    ttl,
    data: { mname: 'ns.example.org', rname: 'root', ...times },
  };
}
