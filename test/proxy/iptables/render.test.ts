import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../src/catalog/picture.ts';
import { renderRuleset } from '../../../src/proxy/iptables/render.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { here, pictureOf, proxySettings, service, slice } from '../cluster.ts';

const GOLDEN = `${import.meta.dirname}/../../golden/proxy`;

/** The six Services by which kube-proxy's authors check their rules as a whole. */
function sixServices(): Picture {
  const nodePort = (port: number) => ({ ports: [portRecord({ name: 'p80', nodePort: port })] });
  return pictureOf([
    service('ns1/svc1', '172.30.0.41'),
    slice('ns1/svc1', ['10.180.0.1']),
    service('ns2/svc2', '172.30.0.42', {
      ...nodePort(3001),
      type: 'LoadBalancer',
      externalIPs: ['192.168.99.22'],
      ingress: [{ ip: '1.2.3.4', ipMode: '' }],
      externalTrafficLocal: true,
      healthCheckNodePort: 30_000,
    }),
    slice('ns2/svc2', [endpointRecord('10.180.0.2', { nodeName: 'elsewhere' })]),
    service('ns3/svc3', '172.30.0.43', { ...nodePort(3003), type: 'NodePort' }),
    slice('ns3/svc3', ['10.180.0.3']),
    service('ns4/svc4', '172.30.0.44', { externalIPs: ['192.168.99.33'] }),
    slice('ns4/svc4', ['10.180.0.4', '10.180.0.5']),
    service('ns5/svc5', '172.30.0.45', {
      ...nodePort(3002),
      type: 'LoadBalancer',
      ingress: [{ ip: '5.6.7.8', ipMode: 'VIP' }],
      loadBalancerSourceRanges: [' 203.0.113.0/25'],
      affinitySeconds: 10_800,
    }),
    slice('ns5/svc5', ['10.180.0.3']),
    service('ns6/svc6', '172.30.0.46'),
  ]);
}

/** Dual stack, as it meets the rules of IPv6. */
function dualStack(): Picture {
  return pictureOf([
    service('shop/web', ['172.30.0.41', 'fd00:172::41'], {
      type: 'LoadBalancer',
      ports: [portRecord({ name: 'p80', nodePort: 30_080 })],
      externalIPs: ['198.51.100.7', '2001:db8::7'],
      ingress: [{ ip: '2001:db8:1::1', ipMode: '' }],
      loadBalancerSourceRanges: ['203.0.113.0/25', '2001:db8:2::/48', 'fd00:192::/64'],
      externalTrafficLocal: true,
      internalTrafficLocal: true,
      healthCheckNodePort: 30_000,
    }),
    slice('shop/web', [here('fd00:10::5'), endpointRecord('fd00:10::6')], { addressType: 'IPv6' }),
    slice('shop/web', ['10.0.1.1'], { name: 'web-v4' }),
  ]);
}

/** More entries than KUBE-SERVICES holds flat. */
function manyServices(): Picture {
  return pictureOf(
    Array.from({ length: 66 }, (_, n) => [
      serviceRecord(`ns/s${n}`, {
        clusterIPs: [`10.96.${n >> 4}.${n & 15}`],
        ports: [portRecord({ name: '', protocol: n % 11 === 0 ? 'UDP' : 'TCP', port: n === 65 ? 81 : 80 })],
      }),
      sliceRecord(`ns/s${n}-x`, {
        ports: [{ name: '', protocol: n % 11 === 0 ? 'UDP' : 'TCP', port: 80 }],
        endpoints: n % 4 === 0 ? [] : [endpointRecord('10.0.0.9')],
      }),
    ]).flat(),
  );
}

const goldens: readonly (readonly [file: string, text: () => string])[] = [
  ['six-services.ipv4.rules', () => renderRuleset(sixServices(), proxySettings(), 'IPv4', [])],
  ['six-services.ipv6.rules', () => renderRuleset(sixServices(), proxySettings(), 'IPv6', [])],
  ['one-service.ipv4.rules', () => renderRuleset(sixServices(), proxySettings(), 'IPv4', [], 'ns5/svc5')],
  ['dual-stack.ipv6.rules', () => renderRuleset(dualStack(), proxySettings(), 'IPv6', [])],
  ['many-services.ipv4.rules', () => renderRuleset(manyServices(), proxySettings(), 'IPv4', [])],
];

test.each(goldens)('renders %s', async (file, text) => {
  await expect(text()).toMatchFileSnapshot(`${GOLDEN}/${file}`);
});

describe('a rendered rule set', () => {
  test('does not depend on the order in which objects were seen', () => {
    const records = [service('a/b', '10.96.0.2'), service('a/a', '10.96.0.1'), slice('a/a', ['10.0.0.1'])];
    const render = (picture: Picture): string => renderRuleset(picture, proxySettings(), 'IPv4', []);
    expect(render(pictureOf(records.toReversed()))).toBe(render(pictureOf(records)));
  });

  test('of a Service that is not there is empty', () => {
    expect(renderRuleset(sixServices(), proxySettings(), 'IPv4', [], 'ns9/none')).toBe('');
  });

  test('writes addresses canonically however the object wrote them', () => {
    const picture = pictureOf([
      service('ns1/svc1', '172.30.0.041', {
        type: 'LoadBalancer',
        externalIPs: ['192.168.099.022'],
        ingress: [{ ip: '1.2.3.004', ipMode: '' }],
        loadBalancerSourceRanges: ['203.0.113.000/025'],
      }),
      slice('ns1/svc1', ['10.180.00.001']),
    ]);
    const text = renderRuleset(picture, proxySettings(), 'IPv4', []);
    expect(text).toContain('-d 172.30.0.41 ');
    expect(text).toContain('-d 192.168.99.22 ');
    expect(text).toContain('-d 1.2.3.4 ');
    expect(text).toContain('-s 203.0.113.0/25 ');
    expect(text).toContain('--to-destination 10.180.0.1:80');
    expect(text).not.toMatch(/\b0\d+\./);
  });

  test('names endpoints in comments up to a thousand of them', () => {
    const withEndpoints = (count: number): string => {
      const addresses = Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
      const picture = pictureOf([service('a/a', '10.96.0.1'), slice('a/a', addresses)]);
      return renderRuleset(picture, proxySettings(), 'IPv4', []);
    };
    expect(withEndpoints(1000)).toContain('"a/a:p80 -> 10.0.0.7:80"');
    const large = withEndpoints(1001);
    expect(large).not.toContain('a/a:p80 ->');
    expect(large).toContain('"a/a:p80 cluster IP"');
  });
});
