/** Labels that CoreDNS's metrics share. */
import { RCODE } from '../../dns/wire/codes.ts';

/** CoreDNS labels by server block; kubeadm's has one for all names, and so have we. */
export const SERVER = { server: 'dns://:53', zone: '.', view: '' } as const;
export const CACHE = { server: 'dns://:53', zones: '.', view: '' } as const;

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** `NXDOMAIN`; the number for codes that have no name here. */
export function rcodeName(code: number): string {
  return RCODE_NAMES.get(code) ?? String(code);
}
