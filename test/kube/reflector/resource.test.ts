import { expect, test } from 'vitest';
import { listPath, resourceOf } from '../../../src/kube/reflector/resource.ts';

const ALL = { notOlderThan: '', continueToken: '' };

test.each([
  ['Pod', 'all', '/api/v1/pods'],
  ['Pod', 'node', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1'],
  ['Node', 'node', '/api/v1/nodes?fieldSelector=metadata.name%3Dn1'],
  ['Service', 'node', '/api/v1/services'],
] as const)('%s, pods of %s: %s', (kind, pods, path) => {
  expect(listPath(resourceOf(kind, 'n1', pods), ALL)).toBe(path);
});
