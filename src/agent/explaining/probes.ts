/** Connections tried from this node: to a Service's endpoints, and to its own addresses. */
import type { Probe } from '../../explain/facts/facts.ts';
import { portId, type ServiceSubject } from '../../explain/facts/subject.ts';
import { formatSocketAddress, type SocketAddress } from '../../net/socketAddress.ts';
import type { ExplainView } from './view.ts';

/** A person waits, and a Service with more endpoints is judged by these. */
const MOST = 32;

/** TCP only: what is sent by UDP, only the application could judge. */
export async function gatherProbes(
  subject: ServiceSubject,
  { machine }: ExplainView,
): Promise<readonly Probe[]> {
  const { connect } = machine;
  if (connect === undefined) return [];
  return Promise.all(
    placesOf(subject).map(async (place) => ({ to: formatSocketAddress(place), ...(await connect(place)) })),
  );
}

function placesOf({ entry, ports: wanted }: ServiceSubject): readonly SocketAddress[] {
  const { service, groups } = entry;
  const ports = service.ports.filter((port) => port.protocol === 'TCP' && wanted.includes(portId(port)));
  const own = ports.flatMap(({ port }) => service.clusterIPs.map((address) => ({ address, port })));
  const endpoints = groups.flatMap((group) =>
    group.ports
      .filter(({ protocol, name }) => protocol === 'TCP' && ports.some((port) => port.name === name))
      .flatMap(({ port }) =>
        group.endpoints
          .filter(({ ready, serving }) => ready || serving)
          .map(({ address }) => ({ address, port })),
      ),
  );
  const distinct = new Map([...own, ...endpoints].map((place) => [formatSocketAddress(place), place]));
  return [...distinct.values()].slice(0, MOST);
}
