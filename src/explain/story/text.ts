/** An explanation as a person reads it: the verdict, then the Service from its name to its packets. */
import type { Endpoint } from '../../catalog/endpoint.ts';
import type { Service } from '../../catalog/service.ts';
import type { Facts, Probe } from '../facts/facts.ts';
import { portId, type ServiceSubject } from '../facts/subject.ts';
import type { Explanation } from './explain.ts';
import { listed } from './finding.ts';
import type { NameTold } from './names.ts';
import type { Row } from './row.ts';
import { ruleRows } from './ruleText.ts';

export function explanationText(explanation: Explanation, facts: Facts, names: readonly NameTold[]): string {
  const { verdict, advice, more } = explanation;
  const rows = [
    ...nameRows(facts, names),
    ...(facts.subject.kind === 'service' ? serviceRows(facts.subject, facts) : []),
  ];
  const head = [
    verdict,
    ...(advice === '' ? [] : [`  ${advice}`]),
    ...more.flatMap(({ text, advice: then }) => [`- ${text}`, ...(then === '' ? [] : [`  ${then}`])]),
  ];
  const table = [...objectRows(facts), ...rows];
  const width = Math.max(...table.map(([label]) => label.length));
  return [...head, '', ...table.map(([label, text]) => `${label.padEnd(width)}  ${text}`.trimEnd())].join(
    '\n',
  );
}

function objectRows({ subject, node, of, routing }: Facts): readonly Row[] {
  const where =
    of === 'node' ? `node ${node.name}` : `node ${node.name}, told from a source: nothing was tried`;
  const mode = routing === undefined ? ', which routes nothing' : `, mode ${routing.mode}`;
  return [
    ...(subject.kind === 'service' || subject.kind === 'noPort'
      ? [['service', serviceText(subject.entry.service)] as const]
      : []),
    ...(subject.kind === 'service' && subject.endpoint !== ''
      ? [['asked', `${subject.endpoint} is an endpoint of it`] as const]
      : []),
    ['seen from', `${where}${mode}`],
  ];
}

/** `NodePort at 10.96.0.20, ports http 80/TCP (nodePort 30080)`, and whatever of it is not as usual */
function serviceText(service: Service): string {
  const { type, headless, clusterIPs, externalIPs, loadBalancerVIPs, externalName, ports } = service;
  if (type === 'ExternalName') return `ExternalName, an alias of ${externalName}`;
  const at = [
    ...clusterIPs,
    ...externalIPs.map((address) => `${address} (external)`),
    ...loadBalancerVIPs.map((address) => `${address} (load balancer)`),
  ];
  const portTexts = ports.map(
    ({ name, port, protocol, nodePort }) =>
      `${name === '' ? '' : `${name} `}${port}/${protocol}${nodePort === 0 ? '' : ` (nodePort ${nodePort})`}`,
  );
  return [
    headless ? 'headless' : `${type} at ${listed(at, 8)}`,
    ports.length === 0 ? 'no ports' : `port${ports.length === 1 ? '' : 's'} ${listed(portTexts, 8)}`,
    ...unusual(service),
  ].join(', ');
}

function unusual(service: Service): readonly string[] {
  return [
    ...(service.hasSelector || service.type === 'ExternalName' ? [] : ['no selector']),
    ...(service.internalTrafficLocal ? ['internalTrafficPolicy Local'] : []),
    ...(service.externalTrafficLocal ? ['externalTrafficPolicy Local'] : []),
    ...(service.affinitySeconds === 0 ? [] : [`affinity for ${service.affinitySeconds} s`]),
    ...(service.loadBalancerSourceRanges.length === 0
      ? []
      : [`sources ${listed(service.loadBalancerSourceRanges)}`]),
    ...(service.mode === '' ? [] : [`wants mode ${service.mode}`]),
  ];
}

function nameRows({ dns }: Facts, names: readonly NameTold[]): readonly Row[] {
  if (dns === undefined) return [['name', 'this agent answers none (--dns off)']];
  return names.map(({ name, rcode, records, why, type }, i): Row => {
    const said =
      records.length > 0 ? listed(records, 4) : `no ${type} record, ${rcode}${why === '' ? '' : `: ${why}`}`;
    return [i === 0 ? 'name' : '', `${name}  ${said}`];
  });
}

function serviceRows(subject: ServiceSubject, facts: Facts): readonly Row[] {
  if (subject.entry.service.type === 'ExternalName') return [];
  return [...endpointRows(subject, facts), ...ruleRows(facts)];
}

/** Of many, a person reads the first ones; the rest is in the JSON. */
const MOST_ENDPOINTS = 12;

function endpointRows({ entry, ports }: ServiceSubject, { probes }: Facts): readonly Row[] {
  const byText = new Map(probes.map((probe) => [probe.to, probe]));
  const meant = entry.service.ports.filter((port) => ports.includes(portId(port)));
  const lines = entry.groups.flatMap((group) =>
    group.endpoints.map((endpoint) => {
      const own = group.ports.filter(({ name, protocol }) =>
        meant.some((port) => port.name === name && port.protocol === protocol),
      );
      const numbers = own.map(({ port }) => port);
      const host = endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address;
      const tries = numbers.flatMap((number) => byText.get(`${host}:${number}`) ?? []);
      const told = [stateText(endpoint), placeText(endpoint), ...tries.map(probeText)].filter(
        (text) => text !== '',
      );
      return `${host}${numbers.length === 0 ? '' : `:${numbers.join('/')}`}  ${told.join(', ')}`;
    }),
  );
  const all = entry.groups.flatMap(({ endpoints }) => endpoints);
  const slices = entry.groups.map(({ name }) => name);
  const from = slices.length === 0 ? 'no EndpointSlice' : `EndpointSlice ${listed(slices)}`;
  const ready = all.filter((endpoint) => endpoint.ready).length;
  return [
    ['endpoints', all.length === 0 ? `none, ${from}` : `${ready} of ${all.length} ready, ${from}`],
    ...lines.slice(0, MOST_ENDPOINTS).map((line): Row => ['', line]),
    ...(lines.length > MOST_ENDPOINTS ? [['', `and ${lines.length - MOST_ENDPOINTS} more`] as const] : []),
  ];
}

function stateText({ ready, serving, terminating }: Endpoint): string {
  if (terminating) return serving ? 'terminating, still serves' : 'terminating';
  return ready ? 'ready' : 'not ready';
}

function placeText({ podName, nodeName, local }: Endpoint): string {
  const where = local ? 'on this node' : nodeName === '' ? '' : `on ${nodeName}`;
  return [podName === '' ? '' : `pod ${podName}`, where].filter((text) => text !== '').join(' ');
}

function probeText({ result, milliseconds }: Probe): string {
  switch (result) {
    case 'connected':
      return `connected in ${milliseconds.toFixed(1)} ms`;
    case 'refused':
      return 'refuses connections';
    case 'timeout':
      return 'does not answer';
    case 'unreachable':
      return 'cannot be reached';
    default:
      return result satisfies never;
  }
}
