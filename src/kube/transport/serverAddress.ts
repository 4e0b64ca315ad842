import { canonicalIP } from '../../net/ip.ts';

/** Canonical address in a URL such as `https://10.96.0.1:443`; `undefined` where a name stands there. */
export function serverAddress(url: string): string | undefined {
  return canonicalIP(URL.parse(url)?.hostname.replaceAll(/^\[|\]$/g, '') ?? '');
}
