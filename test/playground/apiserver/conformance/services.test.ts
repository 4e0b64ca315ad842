import { describe, expect, test } from 'vitest';
import {
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  textsAt,
} from '../../../../src/playground/apiserver/objects/json.ts';
import { failureOf, onEveryServer, PORT } from './cluster.ts';

onEveryServer((cluster) => {
  describe('Services are completed', () => {
    test.each<[title: string, spec: JsonObject, expected: JsonObject]>([
      [
        'ClusterIP by default',
        { ports: PORT },
        {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        },
      ],
      [
        'headless with selector',
        { clusterIP: 'None', selector: { a: 'b' } },
        { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      ],
      [
        'headless without',
        { clusterIP: 'None' },
        { clusterIPs: ['None'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
      ],
      [
        'affinity',
        { ports: PORT, sessionAffinity: 'ClientIP' },
        { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
      ],
      [
        'NodePort',
        { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', protocol: 'UDP' }] },
        {
          externalTrafficPolicy: 'Cluster',
          ports: [{ targetPort: 'http', protocol: 'UDP', nodePort: expect.any(Number) }],
        },
      ],
      [
        'LoadBalancer, local',
        { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: PORT },
        {
          allocateLoadBalancerNodePorts: true,
          healthCheckNodePort: expect.any(Number),
        },
      ],
      ['external IPs', { ports: PORT, externalIPs: ['192.0.2.1'] }, { externalTrafficPolicy: 'Cluster' }],
      [
        'dual stack preferred',
        { ports: PORT, ipFamilyPolicy: 'PreferDualStack' },
        {
          ipFamilies: ['IPv4', 'IPv6'],
          clusterIPs: [expect.stringMatching(/^10\./), expect.stringMatching(/^fd00:/)],
        },
      ],
      [
        'IPv6 first',
        { ports: PORT, ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' },
        { ipFamilies: ['IPv6', 'IPv4'], clusterIP: expect.stringMatching(/^fd00:/) },
      ],
      [
        'IPv6 alone',
        { ports: PORT, ipFamilies: ['IPv6'] },
        { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
      ],
    ])('%s', async (_title, spec, expected) => {
      const service = await cluster.created('web', spec);
      expect(service['spec']).toMatchObject(expected);
    });

    test('ExternalName has neither address nor ports to fill', async () => {
      const service = await cluster.created('web', { type: 'ExternalName', externalName: 'example.com' });
      expect(service['spec']).toEqual({
        type: 'ExternalName',
        externalName: 'example.com',
        sessionAffinity: 'None',
      });
    });

    test("the status is not the creator's", async () => {
      const reply = await cluster.call('POST', cluster.services(), {
        metadata: { name: 'web' },
        spec: { ports: PORT },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
      });
      expect(reply.body['status']).toEqual({ loadBalancer: {} });
    });
  });

  describe('Services are refused', () => {
    test.each<[spec: JsonObject, field: string]>([
      [{ ports: [{ port: 0 }] }, 'spec.ports[0].port'],
      [{ ports: [{ port: 70000 }] }, 'spec.ports[0].port'],
      [{ ports: [{ port: 80, protocol: 'ICMP' }] }, 'spec.ports[0].protocol'],
      [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name'],
      [
        {
          ports: [
            { port: 80, name: 'a' },
            { port: 81, name: 'a' },
          ],
        },
        'spec.ports[1].name',
      ],
      [
        {
          ports: [
            { port: 80, name: 'a' },
            { port: 80, name: 'b' },
          ],
        },
        'spec.ports[1]',
      ],
      [{ ports: [{ port: 80, nodePort: 30001 }] }, 'spec.ports[0].nodePort'],
      [{ type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] }, 'spec.ports[0].nodePort'],
      [{}, 'spec.ports'],
      [{ ports: PORT, type: 'Gateway' }, 'spec.type'],
      [{ ports: PORT, clusterIP: 'None', type: 'NodePort' }, 'spec.clusterIPs[0]'],
      [{ ports: PORT, clusterIP: '192.0.2.1' }, 'spec.clusterIPs'],
      [{ ports: PORT, clusterIP: '10.96.5.5', clusterIPs: ['10.96.5.6'] }, 'spec.clusterIPs'],
      [{ ports: PORT, sessionAffinity: 'Cookie' }, 'spec.sessionAffinity'],
      [{ type: 'ExternalName', externalName: 'EXAMPLE_' }, 'spec.externalName'],
    ])('%j: %s', async (spec, field) => {
      const reply = await cluster.create('web', spec);
      expect(failureOf(reply)).toEqual({ code: 422, reason: 'Invalid' });
      const causes = listAt(reply.body, 'details', 'causes').filter(isObject);
      expect(causes.map((cause) => cause['field'])).toContain(field);
      expect(textAt(reply.body, 'message')).toContain('Service "web" is invalid: ');
    });

    test.each(['Web', '1web', 'a.b', 'a'.repeat(64)])('the name %j', async (name) => {
      const reply = await cluster.create(name, { ports: PORT });
      expect(failureOf(reply)).toEqual({ code: 422, reason: 'Invalid' });
      expect(textAt(reply.body, 'message')).toContain('metadata.name');
    });

    test('a second one with the same address, or the same node port', async () => {
      const first = await cluster.created('a', { type: 'NodePort', ports: PORT });
      const { clusterIP, ports } = objectAt(first, 'spec');
      const twin = await cluster.create('b', { ports: PORT, clusterIP });
      expect(textAt(twin.body, 'message')).toContain('provided IP is already allocated');
      const rival = await cluster.create('c', { type: 'NodePort', ports });
      expect(textAt(rival.body, 'message')).toContain('provided port is already allocated');
      // What a Service gives up, the next can have.
      await cluster.call('DELETE', cluster.services('a'));
      await cluster.created('b', { ports: PORT, clusterIP });
      await cluster.created('c', { type: 'NodePort', ports });
    });
  });

  describe('Services change', () => {
    test('type: what only the old one had is released, what the new one needs is allocated', async () => {
      const before = await cluster.created('web', { type: 'NodePort', ports: PORT });
      const away = await cluster.merge('web', {
        spec: { type: 'ExternalName', externalName: 'example.com' },
      });
      expect(objectAt(away.body, 'spec')).toMatchObject({ type: 'ExternalName', ports: [{ port: 80 }] });
      expect(Object.keys(objectAt(away.body, 'spec'))).not.toContain('clusterIP');
      const { clusterIP, ports } = objectAt(before, 'spec');
      await cluster.created('heir', { type: 'NodePort', ports, clusterIP });
      const back = await cluster.merge('web', { spec: { type: 'ClusterIP', externalName: null } });
      expect(textAt(back.body, 'spec', 'clusterIP')).toMatch(/^10\./);
      expect(textAt(back.body, 'spec', 'clusterIP')).not.toBe(clusterIP);
    });

    test('the address may not', async () => {
      await cluster.created('web', { ports: PORT, clusterIP: '' });
      const reply = await cluster.merge('web', { spec: { clusterIP: '10.96.77.77' } });
      expect(failureOf(reply)).toEqual({ code: 422, reason: 'Invalid' });
      expect(textAt(reply.body, 'message')).toContain('may not change once set');
    });

    test('a PUT of the manifest keeps what was allocated', async () => {
      const before = await cluster.created('web', { type: 'NodePort', ports: PORT });
      const again = await cluster.call('PUT', cluster.services('web'), {
        metadata: { name: 'web' },
        spec: { type: 'NodePort', ports: PORT },
      });
      expect(again.body['spec']).toEqual(before['spec']);
    });

    test('to two families and back to one', async () => {
      const one = await cluster.created('web', { ports: PORT });
      const two = await cluster.merge('web', { spec: { ipFamilyPolicy: 'PreferDualStack' } });
      expect(textsAt(two.body, 'spec', 'clusterIPs')).toEqual([
        textAt(one, 'spec', 'clusterIP'),
        expect.stringMatching(/^fd00:/),
      ]);
      const back = await cluster.merge('web', { spec: { ipFamilyPolicy: 'SingleStack' } });
      expect(textsAt(back.body, 'spec', 'clusterIPs')).toEqual([textAt(one, 'spec', 'clusterIP')]);
    });
  });
});
