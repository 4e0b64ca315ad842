import { at, type JsonObject, textAt } from '../objects/json.ts';
import { labelsOf } from '../objects/object.ts';
import { addressOf, conditionOf, orNone } from './cells.ts';
import { type Resource, resource } from './resource.ts';

const ROLE = 'node-role.kubernetes.io/';

export const nodes: Resource = resource({
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  fields: (node) => ({ 'spec.unschedulable': String(isCordoned(node)) }),
  columns: [
    { name: 'Status', cell: statusOf },
    { name: 'Roles', cell: rolesOf },
    { name: 'Version', cell: (node) => orNone(textAt(node, 'status', 'nodeInfo', 'kubeletVersion')) },
    { name: 'Internal-IP', wide: true, cell: (node) => addressOf(node, 'InternalIP') },
    { name: 'External-IP', wide: true, cell: (node) => addressOf(node, 'ExternalIP') },
  ],
});

function isCordoned(node: JsonObject): boolean {
  return at(node, 'spec', 'unschedulable') === true;
}

function statusOf(node: JsonObject): string {
  const ready = conditionOf(node, 'Ready');
  const state = ready === '' ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady';
  return isCordoned(node) ? `${state},SchedulingDisabled` : state;
}

function rolesOf(node: JsonObject): string {
  const roles = Object.keys(labelsOf(node)).filter((label) => label.startsWith(ROLE));
  return orNone(roles.map((label) => label.slice(ROLE.length)).join(','));
}
