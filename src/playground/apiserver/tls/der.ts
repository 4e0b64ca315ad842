/** ASN.1 in its distinguished encoding, as far as a certificate has need of it (X.690). */

/** Tags, with the bit that says "made of others" where they are. */
const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

export const TRUE: Buffer = encoded(TAGS.boolean, Buffer.of(0xff));

export function sequence(...parts: readonly Buffer[]): Buffer {
  return encoded(TAGS.sequence, ...parts);
}

export function set(...parts: readonly Buffer[]): Buffer {
  return encoded(TAGS.set, ...parts);
}

/** Of a number without a sign, most significant octet first. */
export function integer(octets: Uint8Array): Buffer {
  // A first bit that is set would make it a negative one.
  const sign = (octets[0] ?? 0) > 0x7f ? [Buffer.of(0)] : [];
  return encoded(TAGS.integer, ...sign, octets);
}

/** `2.5.29.17` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return encoded(TAGS.oid, Buffer.from([first * 40 + second, ...rest.flatMap(inSevens)]));
}

export function utf8(text: string): Buffer {
  return encoded(TAGS.utf8, Buffer.from(text));
}

/** Before 2050, to the second. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\..*/g, '');
  return encoded(TAGS.utcTime, Buffer.from(`${digits.slice(2)}Z`));
}

export function octetString(content: Buffer): Buffer {
  return encoded(TAGS.octetString, content);
}

/** Of whole octets. */
export function bitString(content: Buffer): Buffer {
  return encoded(TAGS.bitString, Buffer.of(0), content);
}

/** `[number]` around other values; in place of a value's own tag when it is not `made` of others. */
export function tagged(number: number, content: Uint8Array, made = true): Buffer {
  return encoded(0x80 | (made ? 0x20 : 0) | number, content);
}

function encoded(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(octets: number): readonly number[] {
  if (octets < 0x80) return [octets];
  return octets < 0x100 ? [0x81, octets] : [0x82, octets >> 8, octets & 0xff];
}

/** Seven bits an octet, the top bit set in all but the last. */
function inSevens(value: number): readonly number[] {
  return value < 0x80 ? [value] : [...inSevens(value >> 7).map((one) => one | 0x80), value & 0x7f];
}
