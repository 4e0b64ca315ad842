/**
 * `node apiServerProgram.ts FOLDER`: an API server with TLS on 127.0.0.1:6443, in the network namespace that it is
 * started in. Its objects are those of FOLDER/objects; what a ServiceAccount's mount holds goes to FOLDER/account.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { isObject, type Json, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { RESOURCES } from '../../src/playground/apiserver/resources/resources.ts';
import { Authority } from '../kube/transport/certificates.ts';

const [folder = '.'] = process.argv.slice(2);
const authority = new Authority();
const tls = authority.issue();
const account = join(folder, 'account');
mkdirSync(account);
for (const [file, text] of Object.entries({
  'ca.crt': authority.cert,
  token: 'secret',
  namespace: 'kube-system',
}))
  writeFileSync(join(account, file), text);
authority.remove();

const server = new ApiServer();
for (const object of loadAll(readFileSync(join(folder, 'objects'), 'utf8')) as Json[]) {
  if (!isObject(object)) throw new Error('not an object');
  const resource = RESOURCES.find(({ kind }) => kind === textAt(object, 'kind'));
  if (resource === undefined) throw new Error(`no resource of kind ${textAt(object, 'kind')}`);
  // It has some namespaces from the start.
  const name = textAt(object, 'metadata', 'name');
  if (resource.kind !== 'Namespace' || name === 'shop') server.create(resource.plural, object);
}
await server.listen({ host: '127.0.0.1', port: 6443, tls });
process.stdout.write('listening\n');
