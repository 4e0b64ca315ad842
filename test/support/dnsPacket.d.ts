/** What the tests use of dns-packet, which comes without types: a second opinion on every message. */
declare module 'dns-packet' {
  export interface Question {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
  }

  export interface Answer {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
    readonly ttl?: number;
    readonly data?: unknown;
    /** Of OPT records. */
    readonly udpPayloadSize?: number;
    readonly extendedRcode?: number;
    readonly ednsVersion?: number;
    readonly flags?: number;
    readonly flag_do?: boolean;
    readonly options?: readonly { readonly code: number | string; readonly data?: Buffer }[];
  }

  export interface Packet {
    readonly type?: 'query' | 'response';
    readonly id?: number;
    /** The second word of the header, without QR. */
    readonly flags?: number;
    readonly questions?: readonly Question[];
    readonly answers?: readonly Answer[];
    readonly authorities?: readonly Answer[];
    readonly additionals?: readonly Answer[];
  }

  export interface DecodedPacket extends Required<Packet> {
    readonly rcode: string;
    readonly opcode: string;
  }

  export function encode(packet: Packet): Buffer;
  export function decode(message: Buffer): DecodedPacket;
}
