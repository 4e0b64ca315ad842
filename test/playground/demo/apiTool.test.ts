import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { curlTool, kubectlTool } from '../../../src/playground/demo/apiTool.ts';
import type { Manifest } from '../../../src/playground/demo/step.ts';

const WEB: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};

/** What a shell would hand to the program: the text of a here-document. */
const input = (command: string): string => /<<'EOF'\n([^]*)\nEOF$/.exec(command)?.[1] ?? '';

test('kubectl and curl are given the same manifest', () => {
  expect(load(input(kubectlTool.apply(WEB)))).toEqual(WEB);
  expect(JSON.parse(input(curlTool.apply(WEB)))).toEqual(WEB);
});

test.each([
  [kubectlTool.scale('web', 0), 'kubectl scale deployment web --replicas=0'],
  [
    kubectlTool.patchService('web', { spec: { sessionAffinity: 'ClientIP' } }),
    `kubectl patch service web --patch '{"spec":{"sessionAffinity":"ClientIP"}}'`,
  ],
  [kubectlTool.endpoints('web'), 'kubectl get endpointslices -l kubernetes.io/service-name=web'],
])('%s', (made, typed) => {
  expect(made).toBe(typed);
});

test('curl asks for the status code and names the resource', () => {
  expect(curlTool.scale('web', 0)).toMatch(
    /^curl .*-X PATCH .*-d '\{"spec":\{"replicas":0\}\}' "\$API\/apis\/apps\/v1\/namespaces\/shop\/deployments\/web\/scale"$/,
  );
});
