import { expect, test } from 'vitest';
import {
  API_ERROR_CODES,
  ApiError,
  type ApiErrorCode,
  type ApiErrorFields,
} from '../../../src/kube/transport/apiError.ts';
import { fromErrorEvent, fromNode } from '../../../src/kube/transport/classify.ts';
import { describeApiError } from '../../../src/kube/transport/describe.ts';

const slices = { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list', 'watch'] };

const rows: [ApiErrorCode, string, ApiErrorFields, string][] = [
  [
    'unreachable',
    'connection refused (ECONNREFUSED)',
    {},
    'cannot reach API server https://10.0.0.1: connection refused (ECONNREFUSED)',
  ],
  [
    'tls',
    'its certificate has expired',
    {},
    'no trusted connection to API server https://10.0.0.1: its certificate has expired',
  ],
  [
    'credentials',
    'exec: aws not found',
    {},
    'no credentials for API server https://10.0.0.1: exec: aws not found',
  ],
  [
    'unauthorized',
    'Unauthorized',
    { status: 401 },
    'API server https://10.0.0.1 does not accept our credentials (401): the token or client certificate is invalid or has expired',
  ],
  [
    'forbidden',
    'endpointslices.discovery.k8s.io is forbidden',
    { status: 403, user: 'system:serviceaccount:kube-system:fairlead' },
    'ServiceAccount kube-system/fairlead may not list or watch endpointslices.discovery.k8s.io (403): its ClusterRole needs apiGroups ["discovery.k8s.io"], resources ["endpointslices"], verbs ["list", "watch"]',
  ],
  [
    'forbidden',
    'no',
    { status: 403, user: 'jane' },
    'user jane may not list or watch endpointslices.discovery.k8s.io (403): its ClusterRole needs apiGroups ["discovery.k8s.io"], resources ["endpointslices"], verbs ["list", "watch"]',
  ],
  [
    'forbidden',
    'no',
    { status: 403 },
    'our user may not list or watch endpointslices.discovery.k8s.io (403): its ClusterRole needs apiGroups ["discovery.k8s.io"], resources ["endpointslices"], verbs ["list", "watch"]',
  ],
  [
    'notFound',
    'page not found',
    { status: 404 },
    'API server https://10.0.0.1 has no endpointslices.discovery.k8s.io (404): page not found',
  ],
  [
    'gone',
    'too old',
    { status: 410 },
    'endpointslices.discovery.k8s.io: the server no longer keeps the version that we knew (410): too old',
  ],
  [
    'conflict',
    'exists',
    { status: 409 },
    'endpointslices.discovery.k8s.io: changed meanwhile, or exists already (409): exists',
  ],
  [
    'invalid',
    'bad',
    { status: 422 },
    'API server https://10.0.0.1 refuses our request for endpointslices.discovery.k8s.io (422): bad',
  ],
  [
    'busy',
    'later',
    { status: 429 },
    'API server https://10.0.0.1 cannot serve endpointslices.discovery.k8s.io now (429): later',
  ],
  [
    'server',
    'etcd',
    { status: 500 },
    'API server https://10.0.0.1 failed to serve endpointslices.discovery.k8s.io (500): etcd',
  ],
  [
    'stalled',
    'nothing heard for 180 s',
    {},
    'API server https://10.0.0.1 is silent: nothing heard for 180 s',
  ],
  [
    'broken',
    'connection lost (ECONNRESET)',
    {},
    'connection to API server https://10.0.0.1 broke: connection lost (ECONNRESET)',
  ],
  [
    'protocol',
    'text/html, not JSON',
    {},
    'what API server https://10.0.0.1 sends for endpointslices.discovery.k8s.io is not the Kubernetes API: text/html, not JSON',
  ],
];

test.each(rows)('%s: %s', (code, message, fields, line) => {
  expect(describeApiError(new ApiError(code, message, fields), 'https://10.0.0.1', slices)).toBe(line);
});

test('every code has a row', () => {
  expect(new Set(rows.map(([code]) => code))).toEqual(new Set(API_ERROR_CODES));
});

const coded = (code: string, message = 'm'): Error => Object.assign(new Error(message), { code });

test.each<[string, unknown, string]>([
  ['a refused connection', coded('ECONNREFUSED'), 'unreachable: connection refused (ECONNREFUSED)'],
  [
    'all addresses of a name refused',
    Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), {
      code: 'ECONNREFUSED',
    }),
    'unreachable: connection refused (ECONNREFUSED)',
  ],
  ['an unknown name', coded('ENOTFOUND'), 'unreachable: its name does not resolve (ENOTFOUND)'],
  ['no DNS', coded('EAI_AGAIN'), 'unreachable: its name cannot be looked up now (EAI_AGAIN)'],
  ['no route', coded('EHOSTUNREACH'), 'unreachable: no route to it (EHOSTUNREACH)'],
  ['a kernel timeout', coded('ETIMEDOUT'), 'unreachable: no answer (ETIMEDOUT)'],
  ['a broken pipe', coded('EPIPE'), 'broken: connection lost (EPIPE)'],
  [
    'not HTTP',
    coded('HPE_INVALID_CONSTANT'),
    'protocol: what listens there does not speak HTTP (HPE_INVALID_CONSTANT)',
  ],
  ['an alert', coded('ERR_SSL_TLSV13_ALERT_X', 'alert\nx'), 'tls: alert x (ERR_SSL_TLSV13_ALERT_X)'],
  [
    'a handshake that failed',
    coded(
      'EPROTO',
      'write EPROTO C0A6:error:0A000410:SSL routines:ssl3_read_bytes:handshake failure:../a.c:1590:',
    ),
    'tls: handshake failure (EPROTO)',
  ],
  ['no error at all', 'what', 'broken: what'],
  ['an ApiError', new ApiError('gone', 'old'), 'gone: old'],
])('%s', (_, error, expected) => {
  const { code, message } = fromNode(error);
  expect(`${code}: ${message}`).toBe(expected);
});

test.each<[string, unknown, string]>([
  ['410', { kind: 'Status', code: 410, message: 'too old' }, 'gone 410: too old'],
  ['500', { kind: 'Status', code: 500, message: 'etcd' }, 'server 500: etcd'],
  ['a Status without a code', { kind: 'Status', message: 'hm' }, 'server 500: hm'],
  ['a Status without anything', { kind: 'Status' }, 'server 500: no reason given'],
  ['no Status', { kind: 'Service' }, 'protocol 0: an ERROR event without a Status object'],
  ['null', null, 'protocol 0: an ERROR event without a Status object'],
])('an ERROR event with %s', (_, object, expected) => {
  const { code, status, message } = fromErrorEvent(object);
  expect(`${code} ${status}: ${message}`).toBe(expected);
});
