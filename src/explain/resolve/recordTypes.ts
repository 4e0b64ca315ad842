/** Record types by name and number, as the registry and RFC 3597 write them. */
import { Packet } from 'dns2';

/** Beside those that the packet library names. */
const MORE: Readonly<Record<string, number>> = { DS: 43, SVCB: 64, HTTPS: 65, IXFR: 251 };

export const TYPE_NAMES: readonly string[] = [
  ...Object.keys(Packet.TYPE).filter((name) => name !== 'EDNS'),
  ...Object.keys(MORE),
].sort();

/** Number of `A`, `aaaa`, `TYPE65`; `undefined` when there is no such type. */
export function typeNumber(text: string): number | undefined {
  const name = text.toUpperCase();
  const numbered = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  if (numbered !== undefined) return Number(numbered) <= 0xffff ? Number(numbered) || undefined : undefined;
  if (!TYPE_NAMES.includes(name)) return undefined;
  return MORE[name] ?? Object.entries(Packet.TYPE).find(([known]) => known === name)?.[1];
}

/** `A`, or `TYPE65280` for a type without a name. */
export function typeName(type: number): string {
  return TYPE_NAMES.find((name) => typeNumber(name) === type) ?? `TYPE${type}`;
}
