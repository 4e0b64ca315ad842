import { describe, expect, test } from 'vitest';
import {
  endpointChain,
  inOrderOfDeletion,
  isServiceChain,
  nameHash,
  portChains,
  treeChain,
} from '../../../../src/proxy/iptables/rules/names.ts';
import { plan } from '../../plans.ts';

/** Hashes that kube-proxy gives; tools, and kube-proxy itself, look for them. */
const VECTORS = [
  ['ns1/svc1:p80', 'tcp', '', 'XPGD46QRK7WJZT7O'],
  ['ns4/svc4:p80', 'tcp', '', '4SW47YFZTEDKD3PK'],
  ['ns1/svc1:p80', 'tcp', '10.180.0.1:80', 'SXIVWICOYRO3J4NJ'],
  ['kube-system/kube-dns:dns', 'udp', '', 'TCOU7JCQXEZGVUNU'],
  ['kube-system/kube-dns:dns-tcp', 'tcp', '', 'ERIFXISQEP7F7OF4'],
  ['default/kubernetes:https', 'tcp', '', 'NPX46M4PTMTKRN6Y'],
  ['ns1/svc1', 'tcp', '', 'AQI2S6QIMU7PVVRP'],
] as const;

test.each(VECTORS)('%s %s %s hashes to %s', (name, protocol, endpoint, expected) => {
  expect(nameHash(name + protocol + endpoint)).toBe(expected);
});

describe('names of chains', () => {
  test('of a port share one hash', () => {
    expect(portChains(plan({ name: 'ns1/svc1:p80' }))).toEqual({
      cluster: 'KUBE-SVC-XPGD46QRK7WJZT7O',
      local: 'KUBE-SVL-XPGD46QRK7WJZT7O',
      external: 'KUBE-EXT-XPGD46QRK7WJZT7O',
      firewall: 'KUBE-FW-XPGD46QRK7WJZT7O',
    });
  });

  test('of an endpoint hash its address too', () => {
    expect(endpointChain(plan({ name: 'ns1/svc1:p80' }), '10.180.0.1:80')).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ');
  });

  test('of a tree fit the kernel, differ by root and slot, and are such that kube-proxy would clean up', () => {
    const name = treeChain('filter KUBE-EXTERNAL-SERVICES', '0123456701');
    expect(name.length).toBeLessThanOrEqual(28);
    expect(name).toMatch(/^KUBE-SVC-/);
    expect(
      new Set([name, treeChain('nat KUBE-SERVICES', '0123456701'), treeChain('nat KUBE-SERVICES', '01')])
        .size,
    ).toBe(3);
  });

  test.each([
    ['KUBE-SVC-XPGD46QRK7WJZT7O', true],
    ['KUBE-SEP-SXIVWICOYRO3J4NJ', true],
    ['KUBE-XLB-SXIVWICOYRO3J4NJ', true],
    ['KUBE-SERVICES', false],
    ['KUBE-MARK-MASQ', false],
    ['KUBE-FIREWALL', false],
    ['KUBE-FORWARD', false],
    ['CNI-FORWARD', false],
  ])('%s belongs to a Service: %s', (name, expected) => {
    expect(isServiceChain(name)).toBe(expected);
  });

  test('are deleted before what they jump to', () => {
    const names = [
      'KUBE-MARK-MASQ',
      'KUBE-SEP-A',
      'KUBE-SVC-A',
      'KUBE-EXT-A',
      'KUBE-FW-A',
      'KUBE-SVC-TREE-A',
      'KUBE-SERVICES',
    ];
    expect(inOrderOfDeletion(names)).toEqual(names.toReversed());
  });
});
