/** What is wrong with a Service's endpoints, as far as objects tell. */
import type { EndpointGroup } from '../../catalog/endpoint.ts';
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import type { Facts, Lane } from '../facts/facts.ts';
import type { ServiceSubject } from '../facts/subject.ts';
import { broken, counted, type Finding, limited, listed } from './finding.ts';

/** Of a Service without any endpoint of the family; of any at all with `undefined`. */
export function emptiness(
  { service, groups }: ServiceEntry,
  family: Family | undefined,
): Finding | undefined {
  const { namespace, name, hasSelector } = service;
  const ours = groups.filter((group) => family === undefined || group.family === family);
  if (ours.some(({ endpoints }) => endpoints.length > 0)) return undefined;
  const others = groups.filter(({ endpoints }) => endpoints.length > 0);
  if (others.length > 0) {
    const has = [...new Set(others.map((group) => group.family))].join(' and ');
    return broken(
      'other-family',
      `it has no ${family} endpoints, only ${has}`,
      `either its pods get ${family} addresses, or spec.ipFamilies leaves the family out`,
    );
  }
  if (!hasSelector) {
    const what =
      groups.length === 0 ? 'nobody has written an EndpointSlice for it' : `${slices(groups)} empty`;
    return broken(
      'no-selector',
      `it has no selector, and ${what}`,
      `write an EndpointSlice with label kubernetes.io/service-name=${name}, or give the Service a selector`,
    );
  }
  if (groups.length === 0) {
    return broken(
      'no-slice',
      'it has no EndpointSlice',
      `kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}: the controller manager makes one`,
    );
  }
  return broken(
    'no-pods',
    `its selector matches no pod: ${slices(groups)} empty`,
    `compare spec.selector of the Service with kubectl -n ${namespace} get pods --show-labels`,
  );
}

/** Of a port in one family; the first thing that keeps it from having somebody to lead to. */
export function endpointFinding(lane: Lane, subject: ServiceSubject, { node }: Facts): Finding | undefined {
  const { entry, entrance } = subject;
  const { plan, endpoints, family } = lane;
  const empty = emptiness(entry, family);
  if (empty !== undefined) return empty;
  if (endpoints.length === 0) return mismatch(lane, entry);
  if (!plan.hasEndpoints) return notReady(lane, entry);
  if (!plan.hasInternal && (entrance === undefined || entrance.kind === 'clusterIP')) {
    return broken(
      'no-local-endpoint',
      `internalTrafficPolicy is Local, and no endpoint is on node ${node.name}${nodesOf(entry)}`,
      'run a pod of it on each node that asks, or set internalTrafficPolicy: Cluster',
    );
  }
  const used = plan.reachable;
  if (used.length > 0 && used.every(({ ready }) => !ready)) {
    return limited(
      'terminating',
      `${used.length === 1 ? 'its only endpoint is' : `all its ${used.length} endpoints are`} terminating, and still used because no other is ready`,
      'see why no new pod becomes ready',
    );
  }
  return undefined;
}

function mismatch({ plan, family }: Lane, { service, groups }: ServiceEntry): Finding {
  const name = plan.name.slice(service.key.length + 1);
  const wanted = `${name === '' ? 'without a name' : `named ${name}`}, ${plan.protocol}`;
  const found = groups
    .filter((group) => group.family === family && group.endpoints.length > 0)
    .map((group) => {
      const ports = group.ports.map(
        (port) => `${port.name === '' ? '(no name)' : port.name} ${port.port}/${port.protocol}`,
      );
      return `EndpointSlice ${group.name} has ${ports.length === 0 ? 'no ports' : listed(ports)}`;
    });
  return broken(
    'port-mismatch',
    `no endpoint has a port ${wanted}: ${listed(found)}`,
    'a targetPort given by name must be the name of a port of the container; names of ports must be the same in both objects',
  );
}

function notReady({ endpoints }: Lane, { service, groups }: ServiceEntry): Finding {
  const pods = new Map(groups.flatMap((group) => group.endpoints).map((one) => [one.address, one]));
  const told = endpoints.map(({ address, text }) => {
    const { podName = '', nodeName = '' } = pods.get(address) ?? {};
    const where = [podName === '' ? '' : `pod ${podName}`, nodeName === '' ? '' : `on ${nodeName}`]
      .join(' ')
      .trim();
    return where === '' ? text : `${text} (${where})`;
  });
  const first = endpoints.map(({ address }) => pods.get(address)?.podName ?? '').find((name) => name !== '');
  const none =
    endpoints.length === 1
      ? 'its only endpoint is not ready'
      : `none of its ${endpoints.length} endpoints is ready`;
  return broken(
    'not-ready',
    `${none}: ${listed(told)}`,
    `kubectl -n ${service.namespace} describe pod ${first ?? ''}`.trimEnd() +
      ' tells what its readiness probe says',
  );
}

/** `; they are on n2 and n3` */
function nodesOf({ groups }: ServiceEntry): string {
  const nodes = groups.flatMap((group) => group.endpoints).map(({ nodeName }) => nodeName);
  const known = [...new Set(nodes)].filter((name) => name !== '');
  return known.length === 0 ? '' : `; they are on ${listed(known)}`;
}

function slices(groups: readonly EndpointGroup[]): string {
  const names = listed(groups.map(({ name }) => name));
  return groups.length === 1
    ? `EndpointSlice ${names} is`
    : `${counted(groups.length, 'EndpointSlice')} (${names}) are`;
}
