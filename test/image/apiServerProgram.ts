/**
 * `node apiServerProgram.ts FOLDER`: an API server with TLS on 127.0.0.1:6443, in the network namespace that it is
 * started in. Its objects are those of FOLDER/objects and the account and roles of deploy/base; what the account's mount
 * holds goes to FOLDER/account, and its token may do what the roles say.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { isObject, type Json, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { RESOURCES } from '../../src/playground/apiserver/resources/resources.ts';
import { selfSigned } from '../../src/playground/apiserver/tls/certificate.ts';

const BASE = join(import.meta.dirname, '../../deploy/base');
const TOKEN = '/api/v1/namespaces/kube-system/serviceaccounts/fairlead/token';

const [folder = '.'] = process.argv.slice(2);
const server = new ApiServer();

function create(object: Json): void {
  if (!isObject(object)) throw new Error('not an object');
  const resource = RESOURCES.find(({ kind }) => kind === textAt(object, 'kind'));
  if (resource === undefined) throw new Error(`no resource of kind ${textAt(object, 'kind')}`);
  // It has some namespaces from the start.
  const name = textAt(object, 'metadata', 'name');
  if (resource.kind !== 'Namespace' || name === 'shop') server.create(resource.plural, object);
}

for (const object of loadAll(readFileSync(join(folder, 'objects'), 'utf8')) as Json[]) create(object);
for (const file of ['serviceAccount', 'clusterRole', 'clusterRoleBinding'])
  create(load(readFileSync(join(BASE, `${file}.yaml`), 'utf8')) as Json);

// Without TLS and credentials, as the kubelet's own: the token is asked for here.
await server.listen({ host: '127.0.0.1', port: 0 });
const headers = { 'content-type': 'application/json' };
const reply = await fetch(server.url + TOKEN, { method: 'POST', headers, body: '{}' });
const tls = selfSigned('an API server', ['127.0.0.1'], Date.now());
const account = join(folder, 'account');
mkdirSync(account);
for (const [file, text] of Object.entries({
  'ca.crt': tls.cert,
  token: textAt((await reply.json()) as Json, 'status', 'token'),
  namespace: 'kube-system',
}))
  writeFileSync(join(account, file), text);

await server.listen({ host: '127.0.0.1', port: 6443, tls });
process.stdout.write('listening\n');
