import { expect, test } from 'vitest';
import { Resolver } from '../../../src/dns/zone/resolver.ts';
import { addressesOf } from '../../../src/dns/zone/addressesOf.ts';
import { pictureOf, RECORDS, SETTINGS } from '../support/cluster.ts';

const resolver = new Resolver(SETTINGS);
resolver.update(pictureOf(RECORDS), undefined, 1, () => undefined);

test.each<readonly [name: string, addresses: readonly string[] | undefined]>([
  ['svc1.testns.svc.cluster.local', ['10.0.0.1']],
  ['svc-dual-stack.testns.svc.cluster.local', ['10.0.0.3', '10::3']],
  ['hdlsprtls.testns.svc.cluster.local', ['172.0.0.20']],
  ['external-to-service.testns.svc.cluster.local', ['10.0.0.1']],
  ['svc0.testns.svc.cluster.local', []],
  ['dns.example', undefined],
  ['xcluster.local', undefined],
])('%s has %j', (name, addresses) => {
  expect(addressesOf(resolver, name, 'cluster.local')).toEqual(addresses);
});
