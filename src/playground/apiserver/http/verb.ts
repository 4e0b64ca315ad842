/** Which verb a request is: the method alone does not say. */
import { methodNotAllowed } from '../objects/status.ts';
import { isTrue, type Route } from '../route.ts';

export type WriteVerb = 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
export type Verb = 'get' | 'list' | 'watch' | WriteVerb;

/** Throws a 405. */
export function verbOf(method: string, route: Route, query: URLSearchParams): Verb {
  const named = route.name !== '';
  if (route.subresource === 'token') {
    if (method === 'POST') return 'create';
    throw methodNotAllowed();
  }
  switch (method) {
    case 'GET':
    case 'HEAD':
      // One object is watched through its collection, with a field selector.
      if (named) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      // Nothing is created in all namespaces at once.
      if (!named && route.resource.namespaced === (route.namespace !== '')) return 'create';
      break;
    case 'PUT':
      if (named) return 'update';
      break;
    case 'PATCH':
      if (named) return 'patch';
      break;
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
  }
  throw methodNotAllowed();
}
