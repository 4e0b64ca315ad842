/** Whether the ranges of pods, nodes and Services keep apart. */
import { RELAY_ADDRESSES } from '../../proxy/userspace/addresses.ts';
import { contains, parseCidr } from '../../net/cidr.ts';
import { formatIP } from '../../net/ip.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { ABSENT, valueOf } from '../looked.ts';

const CHECK = 'cluster CIDR';

export function checkRanges(facts: Facts): readonly Finding[] {
  if (!facts.settings.proxy) return [];
  return [...clusterCidr(facts), ...relayAddresses(facts)];
}

function clusterCidr({ settings, cluster }: Facts): Finding[] {
  const { clusterCIDR, detectLocalMode } = settings;
  if (detectLocalMode !== 'ClusterCIDR')
    return [ok(CHECK, `is not used: --detect-local-mode ${detectLocalMode}`)];
  const nodes = valueOf(valueOf(cluster)?.nodes ?? ABSENT) ?? [];
  const podRanges = nodes.flatMap(({ podCIDRs }) => podCIDRs.flatMap((text) => parseCidr(text) ?? []));
  if (clusterCIDR.length === 0) {
    const hint =
      podRanges.length > 0
        ? `give the range that holds ${podRanges[0]?.text}, or --detect-local-mode NodeCIDR`
        : "give the pods' range, or --detect-local-mode NodeCIDR";
    return [warning(CHECK, "none is set: nobody's traffic to clusterIPs is masqueraded", hint)];
  }
  const isPods = (address: string): boolean => clusterCIDR.some((cidr) => contains(cidr, address));
  const findings = [];
  const inside = nodes.filter(({ addresses }) => addresses.some(isPods));
  for (const { name, addresses } of inside.slice(0, 3)) {
    findings.push(
      blocker(
        CHECK,
        `Node ${name} has ${addresses.find(isPods)}, which is in it`,
        "its traffic would be taken for a pod's and not masqueraded: give the pods' range only",
      ),
    );
  }
  const services = valueOf(valueOf(cluster)?.dnsService ?? ABSENT) ?? [];
  for (const address of services.filter(isPods)) {
    findings.push(blocker(CHECK, `clusterIP ${address} is in it`, "give the pods' range only"));
  }
  const outside = podRanges.filter(
    (range) => clusterCIDR.some(({ family }) => family === range.family) && !isPods(formatIP(range.bytes)),
  );
  if (outside.length > 0) {
    const text = `does not hold ${outside[0]?.text}, the pods of a Node`;
    findings.push(warning(CHECK, text, "those pods' traffic to clusterIPs would be masqueraded"));
  }
  const told = clusterCIDR.map(({ text }) => text).join(', ');
  return findings.length > 0 ? findings : [ok(CHECK, told)];
}

function relayAddresses({ node }: Facts): Finding[] {
  const links = valueOf(node)?.links ?? [];
  return links.flatMap(({ name, addresses }) =>
    name === 'lo'
      ? []
      : addresses
          .filter((address) => Object.values(RELAY_ADDRESSES).includes(address))
          .map((address) =>
            warning('relay address', `${address} is on ${name}`, 'userspace mode needs it: take it off'),
          ),
  );
}
