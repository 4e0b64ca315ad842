/**
 * The playground's API server as a process of its own, filled: `apiServer.ts SERVICES ENDPOINTS CERT KEY PORT`.
 * Prints a line when it serves.
 */
import { readFileSync } from 'node:fs';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import type { JsonObject } from '../../src/playground/apiserver/objects/json.ts';
import { makeCluster } from '../../test/support/cluster.ts';
import { apiObjects } from './objects.ts';

const [services = '0', endpoints = '0', cert = '', key = '', port = '0'] = process.argv.slice(2);
const server = new ApiServer({ serviceCIDRs: ['10.96.0.0/16'] });
// The one of `agentProcess.ts`: nobody has given it a right by a role.
server.faults.requireToken('bench');
const cluster = makeCluster({
  services: Number(services),
  endpointsPerService: Number(endpoints),
  namespaces: 20,
  nodes: 50,
});
for (const { resource, objects } of apiObjects(cluster)) {
  for (const object of objects) server.create(resource, object as JsonObject);
}
const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
await server.listen({ host: '127.0.0.1', port: Number(port), tls });
process.stdout.write('serving\n');
