import { expect, test } from 'vitest';
import { ApiAddress } from '../../../src/agent/source/apiAddress.ts';
import { FakeLog } from '../../fake/log.ts';
import { serviceRecord } from '../../support/records.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';

const TOLD = [
  expect.stringMatching(/the API server is asked at the clusterIP of Service default\/kubernetes/),
];

/** As the kubelet tells it, in containers of every pod. */
const KUBELET = { KUBERNETES_PORT: 'tcp://10.96.0.1:443', KUBERNETES_SERVICE_HOST: '10.96.0.1' };

/** What an agent says that starts and reads a cluster with this Service `default/kubernetes`. */
function said(
  server: string | undefined,
  env: Readonly<Record<string, string>>,
  clusterIPs: readonly string[],
): string[] {
  const log = new FakeLog();
  const catalog = new Catalog({ nodeName: 'n1' });
  if (clusterIPs.length > 0) catalog.upsert(serviceRecord('default/kubernetes', { clusterIPs }));
  catalog.publish();
  const address = new ApiAddress(server, log);
  address.starting(env);
  address.known(catalog.picture);
  return log.lines.map(({ level, message }) => `${level}: ${message}`);
}

test.each<readonly [string, Parameters<typeof said>, unknown]>([
  ['before anything is read, by what the kubelet says', ['https://10.96.0.1:443', KUBELET, []], TOLD],
  ['once, though the cluster says the same', ['https://10.96.0.1:443', KUBELET, ['10.96.0.1']], TOLD],
  ['from a kubeconfig, when the cluster has been read', ['https://10.96.0.1:443', {}, ['10.96.0.1']], TOLD],
  [
    'in the second family, however it is written',
    ['https://[fd00:96:0::1]:443', {}, ['10.96.0.1', 'fd00:96::1']],
    TOLD,
  ],
  ['in IPv6 alone', ['https://[fd00:96::1]:443', { KUBERNETES_PORT: 'tcp://[fd00:96::1]:443' }, []], TOLD],
  ['not of its own address', ['https://192.0.2.10:6443', KUBELET, ['10.96.0.1']], []],
  ['nor of a name', ['https://api.example:6443', KUBELET, ['10.96.0.1']], []],
  ['nor outside of a pod', ['https://192.0.2.10:6443', {}, []], []],
  ['nor where there is no API server, or others route', [undefined, KUBELET, ['10.96.0.1']], []],
])('%s', (_, given, expected) => {
  expect(said(...given)).toEqual(expected);
});
