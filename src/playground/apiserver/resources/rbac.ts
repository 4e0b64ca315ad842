/** Roles and their bindings: what the tokens of ServiceAccounts are good for. */
import { textAt } from '../objects/json.ts';
import { type Column, type Resource, resource } from './resource.ts';

const GROUP = 'rbac.authorization.k8s.io';

const BOUND: readonly Column[] = [
  {
    name: 'Role',
    cell: (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
  },
];

export const roles: Resource = resource({
  group: GROUP,
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
});

export const roleBindings: Resource = resource({
  group: GROUP,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  columns: BOUND,
});

export const clusterRoles: Resource = resource({
  group: GROUP,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
});

export const clusterRoleBindings: Resource = resource({
  group: GROUP,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  columns: BOUND,
});
