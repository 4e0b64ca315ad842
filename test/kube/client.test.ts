import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, test } from 'vitest';
import { kubeconfigConnection } from '../../src/kube/auth/kubeconfig.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { clientSuite, type ServerUnderTest } from './clientSuite.ts';

async function inMemory(streaming: boolean): Promise<ServerUnderTest> {
  const server = new ApiServer();
  // Of its own, so that nobody takes the port while it does not listen.
  await server.listen({ host: '127.51.0.2', port: 0 });
  server.faults.requireToken('secret');
  server.faults.withoutWatchList(!streaming);
  const credentials = { headers: { authorization: 'Bearer secret' }, tls: {} };
  return {
    connection: () =>
      Promise.resolve({
        server: server.url,
        credentials: () => Promise.resolve(credentials),
        refused: () => undefined,
      }),
    async restart() {
      await server.refuseConnections();
      await server.acceptConnections();
    },
    forgetHistory() {
      server.compact();
      server.faults.resetWatches();
      return Promise.resolve();
    },
    close: () => server.close(),
  };
}

clientSuite('our API server in memory', () => inMemory(true));
clientSuite('our API server in memory, without streaming lists', () => inMemory(false));

const kubeconfig = process.env['FAIRLEAD_REAL_APISERVER'] ?? '';
/** A shell command that stops the server and starts it again over the same data; its new watch cache knows no history. */
const restart = process.env['FAIRLEAD_REAL_APISERVER_RESTART'] ?? '';

if (kubeconfig === '') {
  describe('the real API server', () => {
    test.skip('not run: FAIRLEAD_REAL_APISERVER names no kubeconfig', () => undefined);
  });
} else {
  clientSuite('the real API server', () => {
    const run = async (): Promise<void> => {
      await promisify(execFile)('sh', ['-c', restart]);
    };
    return Promise.resolve({
      connection: () => kubeconfigConnection(kubeconfig),
      ...(restart === '' ? {} : { restart: run, forgetHistory: run }),
    });
  });
}
