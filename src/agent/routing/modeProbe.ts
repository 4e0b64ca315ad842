/** Connects to Services from this node, before and after the mode changes. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import { canReach } from '../../host/reach/reach.ts';
import type { ModeCheck, ModeProbe } from '../../proxy/modeSwitch.ts';

/** Enough to see that the mode works, few enough to be done in the time that a person waits. */
const MOST = 16;
const TIMEOUT_MS = 1_000;
/** A connection that was lost on the way is no verdict. */
const TRIES = 3;

interface Portal {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** A Service that cannot be reached from the node before says nothing of the mode, and is left out. */
export function connectProbe(services: () => Iterable<ServiceEntry>): ModeProbe {
  return {
    async prepare(): Promise<ModeCheck> {
      const portals = portalsOf(services());
      const reached = await Promise.all(portals.map((portal) => reach(portal, 1)));
      const known = portals.filter((_, i) => reached[i] === true);
      return {
        async check() {
          const again = await Promise.all(known.map((portal) => reach(portal, TRIES)));
          const lost = known.find((_, i) => again[i] !== true);
          if (lost === undefined) return '';
          return `${lost.service} was reached at ${lost.address} port ${lost.port} before, and is not now`;
        },
      };
    },
  };
}

/** All of them; what the first one finds wrong is told. */
export function allProbes(...probes: readonly ModeProbe[]): ModeProbe {
  return {
    async prepare(): Promise<ModeCheck> {
      const prepared = await Promise.all(probes.map((probe) => probe.prepare()));
      return {
        async check() {
          for (const one of prepared) {
            const wrong = await one.check();
            if (wrong !== '') return wrong;
          }
          return '';
        },
      };
    },
  };
}

async function reach({ address, port }: Portal, tries: number): Promise<boolean> {
  for (let i = 0; i < tries; i++) if (await canReach(address, port, TIMEOUT_MS)) return true;
  return false;
}

function portalsOf(services: Iterable<ServiceEntry>): readonly Portal[] {
  const portals: Portal[] = [];
  for (const { service, groups } of services) {
    if (!service.routed || groups.length === 0) continue;
    const port = service.ports.find(({ protocol }) => protocol === 'TCP');
    if (port === undefined) continue;
    for (const address of service.clusterIPs)
      portals.push({ service: service.key, address, port: port.port });
    if (portals.length >= MOST) break;
  }
  return portals;
}
