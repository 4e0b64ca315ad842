/** Numbers of the DNS registry that this server speaks. */

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  NSEC3: 50,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

/**
 * Of the range for private use (RFC 6895 section 3.2): our own question for the SOA of our zone. It is looked up like
 * any other, and neither counted nor logged, so that figures tell of clients alone.
 */
export const PROBE_CLASS = 0xff53;

export const CLASS = { IN: 1, CH: 3 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Its upper eight bits travel in the OPT record (RFC 6891 section 6.1.3). */
  BADVERS: 16,
} as const;

/** Bits of the header's second word. */
export const FLAG = {
  QR: 0x8000,
  OPCODE: 0x7800,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** EDNS option codes. */
export const OPTION = { NSID: 3, EXPIRE: 9, KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const;

/** Extended DNS Error codes (RFC 8914). */
export const EDE = {
  OTHER: 0,
  STALE_ANSWER: 3,
  CACHED_ERROR: 13,
  NOT_READY: 14,
  STALE_NXDOMAIN: 19,
  NOT_AUTHORITATIVE: 20,
  NO_REACHABLE_AUTHORITY: 22,
} as const;

export const HEADER_SIZE = 12;

/** RFC 1035 section 4.2.2: the two octets before a message on TCP can say no more. */
export const MAX_MESSAGE = 65_535;
