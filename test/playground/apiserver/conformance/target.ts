/** The servers that the conformance tests run on: ours, and a real one where the environment names it. */
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { ApiServer } from '../../../../src/playground/apiserver/apiServer.ts';
import { listAt, objectAt, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import type { Client } from './http.ts';

export interface Target {
  readonly name: string;
  /** Why it is left out; empty when it is not. */
  readonly skip: string;
  start(): Promise<Client>;
  stop(): Promise<void>;
}

export function targets(): readonly Target[] {
  return [fake(), real(process.env['FAIRLEAD_REAL_APISERVER'] ?? '')];
}

function fake(): Target {
  const api = new ApiServer();
  return {
    name: 'our API server',
    skip: '',
    async start() {
      await api.listen({ host: '127.0.0.1', port: 0 });
      return { base: api.url };
    },
    stop: () => api.close(),
  };
}

function real(kubeconfig: string): Target {
  return {
    name: 'a real API server',
    skip: kubeconfig === '' ? 'FAIRLEAD_REAL_APISERVER names no kubeconfig' : '',
    start: () => Promise.resolve(clientOf(readFileSync(kubeconfig, 'utf8'))),
    stop: () => Promise.resolve(),
  };
}

function clientOf(text: string): Client {
  const config = JSON.parse(JSON.stringify(load(text)));
  const cluster = objectAt(listAt(config, 'clusters')[0], 'cluster');
  const user = objectAt(listAt(config, 'users')[0], 'user');
  const ca = Buffer.from(textAt(cluster, 'certificate-authority-data'), 'base64').toString();
  return { base: textAt(cluster, 'server'), token: textAt(user, 'token'), ca };
}
