import { expect, test } from 'vitest';
import { type Json, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { failureOf, onEveryServer } from './cluster.ts';

/** Of a failure: code, reason, and a part of the message. */
type Failure = readonly [code: number, reason: string, message: string];

onEveryServer((cluster) => {
  test.each<
    [method: string, path: string, body: Json | undefined, headers: Record<string, string>, expected: Failure]
  >([
    [
      'GET',
      '/api/v1/services?resourceVersion=abc',
      undefined,
      {},
      [400, 'BadRequest', 'invalid resource version'],
    ],
    [
      'GET',
      '/api/v1/services?resourceVersionMatch=Exact',
      undefined,
      {},
      [422, 'Invalid', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    ],
    [
      'GET',
      '/api/v1/services?resourceVersion=0&resourceVersionMatch=Exact',
      undefined,
      {},
      [422, 'Invalid', '"exact" is forbidden for resourceVersion "0"'],
    ],
    [
      'GET',
      '/api/v1/services?resourceVersion=1&resourceVersionMatch=Nearly',
      undefined,
      {},
      [422, 'Invalid', 'supported values: "Exact", "NotOlderThan", ""'],
    ],
    [
      'GET',
      '/api/v1/services?resourceVersion=99999999&resourceVersionMatch=Exact',
      undefined,
      {},
      [504, 'Timeout', 'Too large resource version'],
    ],
    [
      'GET',
      '/api/v1/services?labelSelector=a%20b',
      undefined,
      {},
      [400, 'BadRequest', 'unable to parse requirement'],
    ],
    [
      'GET',
      '/api/v1/services?fieldSelector=spec.colour=red',
      undefined,
      {},
      [400, 'BadRequest', 'field label not supported: spec.colour'],
    ],
    [
      'GET',
      '/api/v1/services?fieldSelector=colour',
      undefined,
      {},
      [400, 'BadRequest', "invalid selector: 'colour'; can't understand 'colour'"],
    ],
    ['GET', '/api/v1/services?continue=abc', undefined, {}, [400, 'BadRequest', 'continue key is not valid']],
    [
      'GET',
      '/api/v1/services?watch=1&sendInitialEvents=true',
      undefined,
      {},
      [422, 'Invalid', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    ],
    [
      'GET',
      '/api/v1/services?watch=1&resourceVersionMatch=NotOlderThan',
      undefined,
      {},
      [422, 'Invalid', 'forbidden for watch unless sendInitialEvents is provided'],
    ],
    [
      'GET',
      '/api/v1/namespaces/{ns}/services/none',
      undefined,
      {},
      [404, 'NotFound', 'services "none" not found'],
    ],
    [
      'GET',
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/none',
      undefined,
      {},
      [404, 'NotFound', 'endpointslices.discovery.k8s.io "none" not found'],
    ],
    [
      'GET',
      '/api/v1/gizmos',
      undefined,
      {},
      [404, 'NotFound', 'the server could not find the requested resource'],
    ],
    [
      'GET',
      '/api/v1/services',
      undefined,
      { Accept: 'text/plain' },
      [406, 'NotAcceptable', '406: Not Acceptable'],
    ],
    ['PUT', '/api/v1/services', {}, {}, [405, 'MethodNotAllowed', 'the server does not allow this method']],
    [
      'DELETE',
      '/api/v1/namespaces/{ns}/services/none',
      undefined,
      {},
      [404, 'NotFound', 'services "none" not found'],
    ],
    [
      'PATCH',
      '/api/v1/namespaces/{ns}/services/none',
      {},
      { 'Content-Type': 'text/plain' },
      [415, 'UnsupportedMediaType', '415: Unsupported Media Type'],
    ],
    [
      'POST',
      '/api/v1/namespaces/{ns}/services',
      'x',
      { 'Content-Type': 'text/plain' },
      [415, 'UnsupportedMediaType', 'unknown format'],
    ],
    ['POST', '/api/v1/namespaces/{ns}/services', '{', {}, [400, 'BadRequest', '']],
    [
      'POST',
      '/api/v1/namespaces/{ns}/services',
      { kind: 'Pod', apiVersion: 'v1' },
      {},
      [400, 'BadRequest', 'Pod in version "v1" cannot be handled as a Service'],
    ],
    [
      'POST',
      '/api/v1/namespaces/{ns}/services',
      { metadata: { name: 'a', namespace: 'b' } },
      {},
      [400, 'BadRequest', 'the namespace of the provided object does not match'],
    ],
    [
      'POST',
      '/api/v1/namespaces/{ns}/configmaps',
      { metadata: {} },
      {},
      [422, 'Invalid', 'name or generateName is required'],
    ],
  ])('%s %s %j', async (method, path, body, headers, [code, reason, message]) => {
    const reply = await cluster.call(method, path, body, headers);
    expect(failureOf(reply)).toEqual({ code, reason });
    expect(reply.code).toBe(code);
    expect(textAt(reply.body, 'message')).toContain(message);
  });
});
