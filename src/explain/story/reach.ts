/** What is wrong with endpoints that are tried. */
import type { Facts, Lane, Probe } from '../facts/facts.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import { broken, type Finding, limited, listed } from './finding.ts';

/** Those of a port: endpoints that fail, and this node's own connection to the Service. */
export function reachFindings({ plan, relay, ways }: Lane, { probes }: Facts): readonly Finding[] {
  const byText = new Map(probes.map((probe) => [probe.to, probe]));
  const tried = plan.reachable.flatMap(({ text }) => byText.get(text) ?? []);
  const failing = tried.filter(({ result }) => result !== 'connected');
  const pinned = ways.flatMap(({ client, remembered }) => {
    const probe = failing.find(({ to }) => remembered.includes(to));
    return probe === undefined || client.who !== 'given'
      ? []
      : [
          broken(
            'pinned',
            `affinity holds ${client.address} to ${probe.to}, which ${does(probe)}`,
            'it ends with the endpoint, or when the client has been silent for the timeout',
          ),
        ];
  });
  if (pinned.length > 0) return pinned;
  const failure = failureOf(tried, failing, relay.length > 0);
  if (failure !== undefined) return [failure];
  const own = byText.get(formatSocketAddress({ address: plan.clusterIP, port: plan.port }));
  // A node may have no route to clusterIPs: its own packets then never set out, and pods' are none the worse.
  if (tried.length === 0 || own === undefined || own.result === 'connected') return [];
  return [
    limited(
      'node-cannot-connect',
      `a connection from this node itself to ${own.to} ${outcome(own)}, though its endpoints answer`,
      'pods are not concerned where only the node has no route to clusterIPs: ip route get tells',
    ),
  ];
}

/** Of all that were tried. */
export function failureOf(
  tried: readonly Probe[],
  failing: readonly Probe[],
  relayed: boolean,
): Finding | undefined {
  const [first] = failing;
  if (first === undefined) return undefined;
  const names = listed(failing.map(({ to }) => to));
  const all = failing.length === tried.length;
  if (!all) {
    const told = listed(failing.map((probe) => `${probe.to} ${does(probe)}`));
    const text = `${failing.length} of ${tried.length} endpoints ${failing.length === 1 ? 'fails' : 'fail'}: ${told}`;
    return relayed
      ? limited('some-fail', `${text}; the agent goes on to the next one`)
      : broken('some-fail', `${text}, and so do their share of connections`, adviceFor(first));
  }
  const whole = tried.length === 1 ? 'its only endpoint' : `all ${tried.length} endpoints that were tried`;
  if (failing.every(({ result }) => result === 'refused')) {
    return broken(
      'refused',
      `${whole} ${tried.length === 1 ? 'refuses' : 'refuse'} connections: ${names}`,
      adviceFor(first),
    );
  }
  const does2 = tried.length === 1 ? 'does not answer' : 'do not answer';
  return broken(
    'no-answer',
    `${whole} ${does2}: ${listed(failing.map((probe) => `${probe.to} (${word(probe)})`))}`,
    adviceFor(first),
  );
}

function adviceFor({ result, to }: Probe): string {
  return result === 'refused'
    ? 'nothing listens there: compare targetPort with what the program listens on, and whether it does so on 127.0.0.1 only'
    : `the pod network or a NetworkPolicy keeps packets from ${to}, or its program hangs`;
}

function does({ result }: Probe): string {
  switch (result) {
    case 'refused':
      return 'refuses connections';
    case 'timeout':
      return 'does not answer';
    case 'unreachable':
      return 'cannot be reached';
    case 'connected':
      return 'answers';
    default:
      return result satisfies never;
  }
}

/** `is refused` */
function outcome({ result }: Probe): string {
  switch (result) {
    case 'refused':
      return 'is refused';
    case 'timeout':
      return 'is not answered';
    case 'unreachable':
      return 'does not get there';
    case 'connected':
      return 'is taken';
    default:
      return result satisfies never;
  }
}

const word = ({ result }: Probe): string => (result === 'timeout' ? 'no answer in time' : result);
