/** What the roles that are bound to an account allow: RBAC, pure. */
import { isObject, type Json, type JsonObject, listAt, textAt, textsAt } from '../objects/json.ts';
import { type KubeObject, nameOf, namespaceOf } from '../objects/object.ts';
import { type Account, groupsOf, userOf } from './account.ts';

/** What somebody wants to do. */
export interface Attempt {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** `services`, `services/status` */
  readonly resource: string;
  /** Empty for all of them. */
  readonly namespace: string;
  /** Empty where no single object is meant. */
  readonly name: string;
}

/** All objects of a kind, by its plural. */
export type Reader = (plural: string) => readonly KubeObject[];

export function allows(read: Reader, account: Account, attempt: Attempt): boolean {
  const bound = (plural: string): readonly KubeObject[] =>
    read(plural).filter((binding) =>
      objects(binding, 'subjects').some((one) => names(one, binding, account)),
    );
  const everywhere = bound('clusterrolebindings');
  const here =
    attempt.namespace === ''
      ? []
      : bound('rolebindings').filter((one) => namespaceOf(one) === attempt.namespace);
  return [...everywhere, ...here]
    .flatMap((binding) => roleOf(read, binding))
    .flatMap((role) => objects(role, 'rules'))
    .some((rule) => covers(rule, attempt));
}

/** A ServiceAccount's namespace is the binding's own where the subject names none. */
function names(subject: JsonObject, binding: KubeObject, account: Account): boolean {
  const name = textAt(subject, 'name');
  switch (textAt(subject, 'kind')) {
    case 'ServiceAccount':
      return (
        name === account.name && (textAt(subject, 'namespace') || namespaceOf(binding)) === account.namespace
      );
    case 'User':
      return name === userOf(account);
    case 'Group':
      return groupsOf(account).includes(name);
    default:
      return false;
  }
}

function roleOf(read: Reader, binding: KubeObject): readonly KubeObject[] {
  const name = textAt(binding, 'roleRef', 'name');
  const isCluster = textAt(binding, 'roleRef', 'kind') === 'ClusterRole';
  const roles = read(isCluster ? 'clusterroles' : 'roles');
  return roles.filter(
    (role) => nameOf(role) === name && (isCluster || namespaceOf(role) === namespaceOf(binding)),
  );
}

function covers(rule: JsonObject, { verb, group, resource, name }: Attempt): boolean {
  const has = (field: string, ...wanted: readonly string[]): boolean =>
    textsAt(rule, field).some((one) => one === '*' || wanted.includes(one));
  const [, subresource = ''] = resource.split('/');
  const resources = subresource === '' ? [resource] : [resource, `*/${subresource}`];
  if (!has('verbs', verb) || !has('apiGroups', group) || !has('resources', ...resources)) return false;
  const only = textsAt(rule, 'resourceNames');
  return only.length === 0 || only.includes(name);
}

function objects(value: Json, field: string): readonly JsonObject[] {
  return listAt(value, field).filter(isObject);
}
