/**
 * Who may do what. Whoever sends no credentials may do anything: this server is for one person and one machine. Who
 * sends a ServiceAccount's token may do what RBAC allows it.
 */
import { nameOf, namespaceOf } from '../objects/object.ts';
import { ApiError } from '../objects/status.ts';
import type { Registry } from '../registry/registry.ts';
import { serviceAccounts } from '../resources/plain.ts';
import { RESOURCES } from '../resources/resources.ts';
import type { Route } from '../route.ts';
import { type Account, userOf } from './account.ts';
import { allows, type Attempt, type Reader } from './rbac.ts';
import type { Tokens } from './tokens.ts';

/** How a client asks for one object in a list or a watch; RBAC then counts it as named. */
const NAME_FIELD = /^metadata\.name=([^,]+)$/;

export class Guard {
  readonly #registry: Registry;
  readonly #tokens: Tokens;

  constructor(registry: Registry, tokens: Tokens) {
    this.#registry = registry;
    this.#tokens = tokens;
  }

  /** Throws a 401 for a token that is nobody's, a 403 for what no role allows. */
  check(verb: string, route: Route, query: URLSearchParams, authorization: string): void {
    if (authorization === '') return;
    const account = this.#tokens.accountOf(authorization.replace(/^Bearer +/, ''), (one) => this.#uidOf(one));
    if (account === undefined) throw unauthorized();
    const { resource, namespace, subresource } = route;
    const name = route.name || (NAME_FIELD.exec(query.get('fieldSelector') ?? '')?.[1] ?? '');
    const what = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
    const attempt: Attempt = { verb, group: resource.group, resource: what, namespace, name };
    if (!allows(this.#read, account, attempt)) throw denial(userOf(account), attempt);
  }

  #uidOf({ namespace, name }: Account): string | undefined {
    const { items } = this.#registry.list(serviceAccounts, namespace, {});
    return items.find((one) => nameOf(one) === name && namespaceOf(one) === namespace)?.metadata.uid;
  }

  readonly #read: Reader = (plural) => {
    const resource = RESOURCES.find((row) => row.plural === plural);
    return resource === undefined ? [] : this.#registry.list(resource, '', {}).items;
  };
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

/** In the real server's words, from which clients and people learn what is missing. */
export function denial(user: string, { verb, group, resource, namespace, name }: Attempt): ApiError {
  const [plural = ''] = resource.split('/');
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `${plural}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` "${name}"`}`;
  const message =
    `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource}" ` +
    `in API group "${group}" ${where}`;
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
  return new ApiError(403, 'Forbidden', message, details);
}
