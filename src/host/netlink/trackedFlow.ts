/** One entry of a conntrack dump, read where it lies. */
import { formatIP } from '../../net/ip.ts';
import { nextAttribute as next, typeOf } from './attributes.ts';
import {
  CT_SEEN_REPLY,
  CTA,
  CTA_IP,
  CTA_PROTO,
  CTA_TUPLE,
  HEADER_BYTES,
  NF_HEADER_BYTES,
} from './constants.ts';

/** Where one direction's fields lie; 0 where one is missing. */
interface Tuple {
  source: number;
  destination: number;
  addressBytes: number;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
}

/**
 * A view that goes from entry to entry: a node may track a million flows, and an object for each would cost the
 * collector more than the whole dump.
 */
export class TrackedFlow {
  readonly #protocol: number;
  readonly #orig: Tuple = emptyTuple();
  readonly #reply: Tuple = emptyTuple();
  #bytes: Buffer = Buffer.alloc(0);
  #tupleAt = 0;
  #idAt = 0;
  #answered = false;

  /** `protocol` as IP numbers them. */
  constructor(protocol: number) {
    this.#protocol = protocol;
  }

  /** Canonical address that the client sent to. */
  get destination(): string {
    return this.#address(this.#orig.destination, this.#orig.addressBytes);
  }

  get destinationPort(): number {
    return this.#orig.destinationPort;
  }

  /** Canonical address that answers come from: the endpoint, or `destination` when nothing was translated. */
  get replySource(): string {
    return this.#address(this.#reply.source, this.#reply.addressBytes);
  }

  get replySourcePort(): number {
    return this.#reply.sourcePort;
  }

  /** Packets have come back. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * Moves to the message between `at` and `end`. False when it is not a whole entry of the protocol, or of a conntrack zone
   * of its own: such a zone is another program's, and holds none of the node's Services.
   */
  read(bytes: Buffer, at: number, end: number): boolean {
    this.#bytes = bytes;
    this.#tupleAt = 0;
    this.#idAt = 0;
    this.#answered = false;
    clear(this.#orig);
    clear(this.#reply);
    for (let here = at + HEADER_BYTES + NF_HEADER_BYTES; here + 4 <= end; here = next(bytes, here)) {
      switch (typeOf(bytes, here)) {
        case CTA.tupleOrig:
          this.#tupleAt = here;
          readTuple(bytes, here, this.#orig);
          break;
        case CTA.tupleReply:
          readTuple(bytes, here, this.#reply);
          break;
        case CTA.status:
          this.#answered = (bytes.readUInt32BE(here + 4) & CT_SEEN_REPLY) !== 0;
          break;
        case CTA.id:
          this.#idAt = here;
          break;
        case CTA.zone:
          if (bytes.readUInt16BE(here + 4) !== 0) return false;
          break;
        default:
      }
    }
    return this.#orig.protocol === this.#protocol && this.#orig.destination > 0 && this.#reply.source > 0;
  }

  /**
   * A copy of the attributes that name exactly this entry, for its deletion. With the id, an entry that has taken
   * this one's place meanwhile is left alone.
   */
  identity(): Buffer {
    const places = [this.#tupleAt, this.#idAt].filter((at) => at > 0);
    return Buffer.concat(places.map((at) => this.#bytes.subarray(at, next(this.#bytes, at))));
  }

  #address(at: number, length: number): string {
    return formatIP(this.#bytes.subarray(at, at + length));
  }
}

function readTuple(bytes: Buffer, at: number, tuple: Tuple): void {
  const end = at + bytes.readUInt16LE(at);
  for (let here = at + 4; here + 4 <= end; here = next(bytes, here)) {
    const type = typeOf(bytes, here);
    if (type === CTA_TUPLE.ip) readAddresses(bytes, here, tuple);
    else if (type === CTA_TUPLE.proto) readProtocol(bytes, here, tuple);
  }
}

function readAddresses(bytes: Buffer, at: number, tuple: Tuple): void {
  const end = at + bytes.readUInt16LE(at);
  for (let here = at + 4; here + 4 <= end; here = next(bytes, here)) {
    const type = typeOf(bytes, here);
    tuple.addressBytes = bytes.readUInt16LE(here) - 4;
    if (type === CTA_IP.v4Source || type === CTA_IP.v6Source) tuple.source = here + 4;
    else if (type === CTA_IP.v4Destination || type === CTA_IP.v6Destination) tuple.destination = here + 4;
  }
}

function readProtocol(bytes: Buffer, at: number, tuple: Tuple): void {
  const end = at + bytes.readUInt16LE(at);
  for (let here = at + 4; here + 4 <= end; here = next(bytes, here)) {
    const type = typeOf(bytes, here);
    if (type === CTA_PROTO.number) tuple.protocol = bytes.readUInt8(here + 4);
    // Values are in network order, headers are not.
    else if (type === CTA_PROTO.sourcePort) tuple.sourcePort = bytes.readUInt16BE(here + 4);
    else if (type === CTA_PROTO.destinationPort) tuple.destinationPort = bytes.readUInt16BE(here + 4);
  }
}

function emptyTuple(): Tuple {
  return { source: 0, destination: 0, addressBytes: 0, protocol: 0, sourcePort: 0, destinationPort: 0 };
}

function clear(tuple: Tuple): void {
  Object.assign(tuple, EMPTY);
}

const EMPTY: Tuple = emptyTuple();
