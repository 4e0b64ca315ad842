/** The table of all that is served. */
import { daemonSets } from './daemonSets.ts';
import { deployments } from './deployments.ts';
import { endpoints } from './endpoints.ts';
import { endpointSlices } from './endpointSlices.ts';
import { events, newEvents } from './events.ts';
import { namespaces } from './namespaces.ts';
import { nodes } from './nodes.ts';
import { configMaps, leases, secrets, serviceAccounts } from './plain.ts';
import { pods } from './pods.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac.ts';
import type { Resource } from './resource.ts';
import { services } from './services.ts';

export const RESOURCES: readonly Resource[] = [
  namespaces,
  nodes,
  pods,
  services,
  endpoints,
  configMaps,
  secrets,
  serviceAccounts,
  events,
  endpointSlices,
  leases,
  deployments,
  daemonSets,
  roles,
  roleBindings,
  clusterRoles,
  clusterRoleBindings,
  newEvents,
];
