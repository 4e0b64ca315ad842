/** One small change of a cluster at a time: what is kept must go with exactly what it was made from. */
import fc from 'fast-check';
import { type DrawnCluster, type DrawnService, type DrawnSlice, HOSTNAMES, NAMESPACES } from './cluster.ts';

export interface Edit {
  readonly what: 'hostname' | 'ready' | 'slice' | 'service' | 'kind' | 'port' | 'family' | 'namespace';
  /** Say which one, by remainder. */
  readonly service: number;
  readonly slice: number;
  readonly endpoint: number;
}

export const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom('hostname', 'ready', 'slice', 'service', 'kind', 'port', 'family', 'namespace'),
  service: fc.nat(100),
  slice: fc.nat(100),
  endpoint: fc.nat(100),
});

export function edited(cluster: DrawnCluster, change: Edit): DrawnCluster {
  const places = Object.entries(cluster.services).flatMap(([namespace, list]) =>
    list.map((_, i) => ({ namespace, i })),
  );
  const place = places[change.service % Math.max(1, places.length)];
  if (change.what === 'namespace' || place === undefined) {
    const name = NAMESPACES[change.service % 2] ?? 'a';
    const others = cluster.namespaces.filter((each) => each !== name);
    return {
      ...cluster,
      namespaces: others.length === cluster.namespaces.length ? [...others, name] : others,
    };
  }
  const list = (cluster.services[place.namespace] ?? []).flatMap((service, i) =>
    i === place.i ? editedService(service, change) : [service],
  );
  return { ...cluster, services: { ...cluster.services, [place.namespace]: list } };
}

function editedService(service: DrawnService, change: Edit): DrawnService[] {
  const { what } = change;
  switch (what) {
    case 'service':
      return [];
    case 'kind':
      return [{ ...service, kind: service.kind === 'headless' ? 'clusterIP' : 'headless' }];
    case 'port':
      return [{ ...service, ports: service.ports.slice(1) }];
    case 'family':
      return [{ ...service, families: service.families.length === 1 ? [4, 6] : [4] }];
    case 'slice':
    case 'ready':
    case 'hostname':
    case 'namespace':
      return [{ ...service, slices: editedSlices(service.slices, change) }];
    default:
      return what satisfies never;
  }
}

function editedSlices(slices: readonly DrawnSlice[], { what, slice, endpoint }: Edit): DrawnSlice[] {
  const chosen = slice % Math.max(1, slices.length);
  if (what === 'slice') return slices.filter((_, i) => i !== chosen);
  return slices.map((each, i) => {
    if (i !== chosen) return each;
    const endpoints = each.endpoints.map((known, k) => {
      if (k !== endpoint % each.endpoints.length) return known;
      if (what === 'ready') return { ...known, ready: !known.ready };
      return {
        ...known,
        hostname: HOSTNAMES[(HOSTNAMES.indexOf(known.hostname) + 1) % HOSTNAMES.length] ?? '',
      };
    });
    return { ...each, endpoints };
  });
}
