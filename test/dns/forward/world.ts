/** A forwarder among upstream servers in memory: no sockets, and time moves when told. */
import { type Answer, decode, encode } from 'dns-packet';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarded, Forwarder } from '../../../src/dns/forward/forwarder.ts';
import type { Exchanged, Transport } from '../../../src/dns/forward/transport/transport.ts';
import type { SourceHost } from '../../../src/dns/forward/upstreams/sources.ts';
import type { ForwardZone, UpstreamSource } from '../../../src/dns/settings.ts';
import { Query } from '../../../src/dns/wire/query.ts';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { opt } from '../cache/messages.ts';
import { forwarding, NO_SOURCES, zone } from '../support/forwarding.ts';

/** What a server says to a question; `silent` is nothing at all, `held` nothing until `release`. */
export type Says = Sketch | 'silent' | 'held';

export interface Sketch {
  readonly answers?: readonly Answer[];
  readonly authorities?: Answer[];
  readonly rcode?: number;
  readonly flags?: number;
}

export interface Asked {
  readonly server: string;
  readonly name: string;
  readonly type: string;
  readonly by: 'udp' | 'tcp';
}

export const server = (last: number): SocketAddress => ({ address: `10.0.0.${last}`, port: 53 });

export class ForwarderWorld implements AsyncDisposable {
  readonly clock: FakeClock = new FakeClock();
  readonly log: FakeLog = new FakeLog();
  readonly asked: Asked[] = [];
  readonly forwarder: Forwarder;
  /** Of a machine without files and names, unless a test puts some there. */
  readonly files: Map<string, string> = new Map();
  readonly hosts: Map<string, readonly string[]> = new Map();
  own: readonly SocketAddress[] = [];
  /** How often it was told that the problems have changed. */
  told = 0;
  says: (asked: Asked) => Says = () => ({});
  readonly #held: (() => void)[] = [];

  constructor() {
    const transports = {
      udp: this.#transport('udp'),
      tcp: this.#transport('tcp'),
      tls: this.#transport('tcp'),
    };
    this.forwarder = createForwarder({
      host: this.#host(),
      clock: this.clock,
      log: this.log,
      transports,
      onProblems: () => (this.told += 1),
    });
  }

  configure(...zones: readonly ForwardZone[]): Promise<void> {
    return this.forwarder.configure(forwarding(...zones));
  }

  /** One zone for every name, asked of these. */
  serve(sources: readonly UpstreamSource[], options: Partial<ForwardZone> = {}): Promise<void> {
    return this.configure(zone(sources, options));
  }

  ask(name: string, options: AskOptions = {}): Promise<Told> {
    const message = queryFor(name, options);
    const query = new Query();
    query.read(message);
    // As the server does: what is kept first, and then the whole way.
    return Promise.resolve(this.forwarder.kept(query) ?? this.forwarder.forward(message)).then(told);
  }

  /** Names that clients had asked for, in order; what the forwarder asks on its own behalf is left out. */
  names(): string[] {
    return this.asked
      .filter(({ type, name }) => type !== 'HINFO' && name !== '.')
      .map(({ server: at, name, by }) => `${at} ${name}${by === 'tcp' ? ' tcp' : ''}`);
  }

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.forwarder.close();
    this.release();
  }

  #host(): SourceHost {
    return {
      ...NO_SOURCES,
      readText: (path) => {
        const text = this.files.get(path);
        return text === undefined ? NO_SOURCES.readText(path) : Promise.resolve(text);
      },
      lookUp: (name) => {
        const found = this.hosts.get(name);
        return found === undefined ? NO_SOURCES.lookUp(name) : Promise.resolve(found);
      },
      own: () => this.own,
    };
  }

  #transport(by: 'udp' | 'tcp'): Transport {
    return {
      exchange: ({ server: at, message, timeoutMs }) => {
        const { id, questions } = decode(Buffer.from(message));
        const [question] = questions;
        const name = question?.name.toLowerCase() ?? '';
        const asked = { server: at.address, name: name || '.', type: question?.type ?? '', by };
        this.asked.push(asked);
        const reply = (says: Exclude<Says, string>): Exchanged => {
          const flags = 0x180 | (says.rcode ?? 0) | (says.flags ?? 0);
          const [answers, authorities] = [[...(says.answers ?? [])], [...(says.authorities ?? [])]];
          return {
            kind: 'reply',
            message: encode({ type: 'response', id, flags, questions, answers, authorities }),
          };
        };
        const says = this.says(asked);
        return new Promise((resolve) => {
          if (says === 'silent')
            this.clock.after(timeoutMs, () => resolve({ kind: 'none', reason: 'silent' }));
          else if (says !== 'held') resolve(reply(says));
          else {
            this.#held.push(() => {
              const now = this.says(asked);
              resolve(typeof now === 'string' ? { kind: 'none', reason: 'silent' } : reply(now));
            });
          }
        });
      },
    };
  }
}

export interface AskOptions {
  readonly type?: 'A' | 'AAAA';
  readonly flags?: number;
  readonly dnssec?: boolean;
}

function queryFor(name: string, { type = 'A', flags = 0x100, dnssec = false }: AskOptions): Uint8Array {
  const additionals = dnssec ? [opt(true)] : [];
  return encode({ type: 'query', id: 7, flags, questions: [{ name, type, class: 'IN' }], additionals });
}

export interface Told {
  readonly step: Forwarded['step'];
  readonly rcode: string;
  /** `192.0.2.1 30`, data and TTL of each answer. */
  readonly answers: readonly string[];
  readonly upstream: string;
  readonly error: string | undefined;
}

function told({ reply, step, upstream, error }: Forwarded): Told {
  const why = error === undefined ? undefined : `${error.code}: ${error.text}`;
  if (reply === undefined) return { step, rcode: 'none', answers: [], upstream, error: why };
  const packet = decode(Buffer.from(reply));
  const answers = packet.answers.map((record) =>
    'ttl' in record ? `${String(record.data)} ${record.ttl}` : record.type,
  );
  return { step, rcode: rcodeOf(packet), answers, upstream, error: why };
}

function rcodeOf(packet: object): string {
  return 'rcode' in packet ? String(packet.rcode) : '';
}

/** An address for whatever was asked. */
export function address(data: string, ttl = 60): (asked: Asked) => Sketch {
  return ({ name }) => ({ answers: [{ name, type: 'A', ttl, data }] });
}

export function denial(minimum = 60): Sketch {
  const data = { mname: 'ns', rname: 'root', serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { rcode: 3, authorities: [{ name: '.', type: 'SOA', ttl: 60, data }] };
}
