/** Pod records: `10-1-0-7.shop.pod` is an address spelled as a name. */
import { isIP } from 'node:net';
import { canonicalIP } from '../../../net/ip.ts';

/**
 * The canonical address that a label spells: three dashes are an IPv4 address, anything else may be IPv6.
 * Leading zeros are no address here, as in the resolvers that made this form.
 */
export function addressOfLabel(label: string): string | undefined {
  const dashes = label.split('-').length - 1;
  const text = label.replaceAll('-', dashes === 3 && !label.includes('--') ? '.' : ':');
  return isIP(text) === 0 ? undefined : canonicalIP(text);
}
