/** What `fairlead explain` is asked about. */
import { canonicalIP } from '../../net/ip.ts';
import { parseSocketAddress } from '../../net/socketAddress.ts';

export type Asked =
  /** `port` is a name or a number as text; empty: all of them. */
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: string }
  /** Lower case, without a trailing dot. */
  | { readonly kind: 'name'; readonly name: string; readonly port: string }
  /** `port` 0: all of them. */
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'nodePort'; readonly port: number };

const LABEL = '[A-Za-z0-9_](?:[-A-Za-z0-9_]*[A-Za-z0-9])?';
const SERVICE = new RegExp(`^(${LABEL})/(${LABEL})(?::([-A-Za-z0-9]+))?$`);
const NAME = new RegExp(`^(${LABEL}(?:\\.${LABEL})*)\\.?(?::([-A-Za-z0-9]+))?$`);

/**
 * Reads `shop/web`, `web.shop.svc.cluster.local`, either with `:PORT` behind it; `10.96.0.20`, `10.96.0.20:80`,
 * `[fd00::20]:80`; `:30080`. `undefined` when it is none of these.
 */
export function readAsked(text: string): Asked | undefined {
  const nodePort = /^:(\d{1,5})$/.exec(text)?.[1];
  if (nodePort !== undefined)
    return isPort(nodePort) ? { kind: 'nodePort', port: Number(nodePort) } : undefined;
  const [, namespace, service, servicePort = ''] = SERVICE.exec(text) ?? [];
  if (namespace !== undefined && service !== undefined) {
    return { kind: 'service', namespace, name: service, port: servicePort };
  }
  const bare = canonicalIP(text);
  if (bare !== undefined) return { kind: 'address', address: bare, port: 0 };
  const at = parseSocketAddress(text, 0);
  if (at !== undefined) return { kind: 'address', ...at };
  const [, name, port = ''] = NAME.exec(text) ?? [];
  // Digits and dots alone are an address that was mistyped.
  if (name === undefined || !/[A-Za-z]/.test(name)) return undefined;
  return { kind: 'name', name: name.toLowerCase(), port };
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}
