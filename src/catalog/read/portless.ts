import type { Problem } from '../../kube/problem.ts';
import type { EndpointGroup } from '../endpoint.ts';
import type { Service } from '../service.ts';

/** Endpoints that a Service cannot use because their slice says no port. Headless Services need none. */
export function portless(service: Service, groups: readonly EndpointGroup[]): readonly Problem[] {
  if (!service.routed) return [];
  const { namespace, name } = service;
  return groups
    .filter((group) => group.ports.length === 0 && group.endpoints.length > 0)
    .map((group) => ({
      object: { kind: 'Service', namespace, name },
      field: '',
      message: `EndpointSlice ${group.name} has no ports: its ${group.endpoints.length} endpoints cannot be used`,
    }));
}
