import { type Access, describeAccess } from './access.ts';
import type { ApiError, ApiErrorCode } from './apiError.ts';

/** The one line that tells an operator what failed and what to do about it. */
export function describeApiError(error: ApiError, server: string, access: Access): string {
  return LINES[error.code](error, `API server ${server}`, describeAccess(access), access);
}

type Line = (error: ApiError, api: string, what: string, access: Access) => string;

const LINES: Readonly<Record<ApiErrorCode, Line>> = {
  unreachable: ({ message }, api) => `cannot reach ${api}: ${message}`,
  tls: ({ message }, api) => `no trusted connection to ${api}: ${message}`,
  credentials: ({ message }, api) => `no credentials for ${api}: ${message}`,
  unauthorized: (_, api) =>
    `${api} does not accept our credentials (401): the token or client certificate is invalid or has expired`,
  forbidden: ({ user }, _, what, access) =>
    `${subject(user)} may not ${access.verbs.join(' or ')} ${what} (403): ${missingRule(access)}`,
  notFound: ({ message }, api, what) => `${api} has no ${what} (404): ${message}`,
  gone: ({ message }, _, what) =>
    `${what}: the server no longer keeps the version that we knew (410): ${message}`,
  conflict: ({ message }, _, what) => `${what}: changed meanwhile, or exists already (409): ${message}`,
  invalid: ({ status, message }, api, what) =>
    `${api} refuses our request for ${what} (${status}): ${message}`,
  busy: ({ status, message }, api, what) => `${api} cannot serve ${what} now (${status}): ${message}`,
  server: ({ status, message }, api, what) => `${api} failed to serve ${what} (${status}): ${message}`,
  stalled: ({ message }, api) => `${api} is silent: ${message}`,
  broken: ({ message }, api) => `connection to ${api} broke: ${message}`,
  protocol: ({ message }, api, what) => `what ${api} sends for ${what} is not the Kubernetes API: ${message}`,
};

function subject(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  if (namespace !== undefined && name !== undefined) return `ServiceAccount ${namespace}/${name}`;
  return user === '' ? 'our user' : `user ${user}`;
}

function missingRule(access: Access): string {
  const list = (words: readonly string[]): string => `[${words.map((word) => `"${word}"`).join(', ')}]`;
  return `its ClusterRole needs apiGroups ${list([access.group])}, resources ${list([access.resource])}, verbs ${list(access.verbs)}`;
}
