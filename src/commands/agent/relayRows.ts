/** What userspace mode carries, for a person. */
import type { RelayedPort, RelayStatus } from '../../agent/routing/relayStatus.ts';

/** Enough to see what is wrong; `--output json` has more. */
const MOST = 5;

export function relayRows(relays: RelayStatus | undefined): [label: string, value: string][] {
  if (relays === undefined) return [];
  const { services, open, maxOpen, accepted, retries, failed, refused, triedLast, ports } = relays;
  const counts = `${open} of ${maxOpen} connections open; ${accepted} so far, ${retries} endpoints passed over, ${failed} failed, ${refused} refused`;
  return [
    ['relayed', `${services} ${services === 1 ? 'service' : 'services'}, ${counts}`],
    ...listed(
      'tried last',
      triedLast.map(({ port, endpoint }) => `${endpoint} of ${port}: it keeps failing`),
    ),
    ...listed('no endpoint', ports.filter(({ failed: none }) => none > 0).map(failedText)),
  ];
}

function failedText({ port, failed, accepted }: RelayedPort): string {
  return `${failed} of ${accepted} connections to ${port} were taken by none`;
}

/** The first lines, each after another, under one label. */
function listed(label: string, lines: readonly string[]): [string, string][] {
  const more = lines.length - MOST;
  const shown = more > 0 ? [...lines.slice(0, MOST), `and ${more} more`] : lines;
  return shown.map((line, i) => [i === 0 ? label : '', line]);
}
