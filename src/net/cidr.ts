/** Address prefixes in canonical text, and membership. */
import { bytesOf, canonicalIP, type Family, familyOf, formatIP } from './ip.ts';

export interface Cidr {
  readonly family: Family;
  /** `10.0.0.0/8`: host bits cleared, no leading zeros. */
  readonly text: string;
  readonly bits: number;
  readonly bytes: Uint8Array;
}

/** Parses `ADDRESS/BITS`, with leading zeros as the API server's sloppy parser allows them; `undefined` when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text.trim());
  const address = match?.[1] === undefined ? undefined : canonicalIP(match[1]);
  if (match?.[2] === undefined || address === undefined) return undefined;
  const family = familyOf(address);
  const bits = Number(match[2]);
  if (bits > (family === 'IPv4' ? 32 : 128)) return undefined;
  const bytes = maskTo(bytesOf(address), bits);
  // formatIP would print a mapped prefix as IPv4; canonicalIP has already made those IPv4.
  return { family, text: `${formatIP(bytes)}/${bits}`, bits, bytes };
}

/** Whether a canonical address lies in the prefix; false across families. */
export function contains(cidr: Cidr, address: string): boolean {
  if (familyOf(address) !== cidr.family) return false;
  const masked = maskTo(bytesOf(address), cidr.bits);
  return masked.every((byte, i) => byte === cidr.bytes[i]);
}

function maskTo(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    return byte & (0xff << (8 - kept));
  });
}
