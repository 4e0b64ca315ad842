/**
 * What our API server and a real one must say alike. FAIRLEAD_REAL_APISERVER=kubeconfig runs these tests on a real
 * one too; they make namespaces of their own there.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Json,
  type JsonObject,
  listAt,
  textAt,
} from '../../../../src/playground/apiserver/objects/json.ts';
import { type Client, type Reply, send } from './http.ts';
import { targets } from './target.ts';

export const PORT: readonly JsonObject[] = [{ port: 80 }];

/** One server, and a namespace in it that is new for each test. */
export class Cluster {
  client: Client = { base: '' };
  namespace = '';

  /** `{ns}` in the path is the namespace. */
  call(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Reply> {
    return send(this.client, method, path.replaceAll('{ns}', this.namespace), body, headers);
  }

  services(name = ''): string {
    return `/api/v1/namespaces/${this.namespace}/services${name === '' ? '' : `/${name}`}`;
  }

  create(name: string, spec: JsonObject, metadata: JsonObject = {}): Promise<Reply> {
    return this.call('POST', this.services(), { metadata: { name, ...metadata }, spec });
  }

  /** Like `create`; fails unless it succeeds. */
  async created(
    name: string,
    spec: JsonObject = { ports: PORT },
    metadata: JsonObject = {},
  ): Promise<JsonObject> {
    const reply = await this.create(name, spec, metadata);
    expect(reply.text).toContain(`"${name}"`);
    expect(reply.code).toBe(201);
    return reply.body;
  }

  async get(name: string): Promise<JsonObject> {
    return (await this.call('GET', this.services(name))).body;
  }

  patch(name: string, type: 'json' | 'merge' | 'strategic-merge', patch: Json): Promise<Reply> {
    const contentType = `application/${type === 'json' ? 'json-patch' : `${type}-patch`}+json`;
    return this.call('PATCH', this.services(name), patch, { 'Content-Type': contentType });
  }

  merge(name: string, patch: Json): Promise<Reply> {
    return this.patch(name, 'merge', patch);
  }
}

export function onEveryServer(define: (cluster: Cluster) => void): void {
  const run = Math.floor(Math.random() * 36 ** 6).toString(36);
  for (const target of targets()) {
    if (target.skip !== '') {
      test.skip(`${target.name}: ${target.skip}`);
      continue;
    }
    describe(target.name, () => {
      const cluster = new Cluster();
      let count = 0;
      beforeAll(async () => {
        cluster.client = await target.start();
      });
      afterAll(() => target.stop());
      beforeEach(async () => {
        cluster.namespace = `t-${run}-${count++}`;
        await cluster.call('POST', '/api/v1/namespaces', { metadata: { name: cluster.namespace } });
      });
      define(cluster);
    });
  }
}

export function failureOf({ body }: Reply): JsonObject {
  return { code: body['code'], reason: body['reason'] };
}

export function namesOf(reply: Reply): string[] {
  return listAt(reply.body, 'items').map((item) => textAt(item, 'metadata', 'name'));
}
