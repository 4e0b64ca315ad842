import { expect, test } from 'vitest';
import { decodeEnvelope } from '../../../../src/playground/apiserver/schema/protobuf.ts';

const decode = (base64: string): unknown => decodeEnvelope(Buffer.from(base64, 'base64'));

// Bodies that kubectl 1.34 sent, as they came.
test.each([
  [
    'create ns shop',
    'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {}, status: {} },
  ],
  [
    'create svc nodeport foo --tcp=80:http',
    'azhzAAoNCgJ2MRIHU2VydmljZRJvCiMKA2ZvbxIAGgRzaG9wIgAqADIAOABCAFoKCgNhcHASA2ZvbxJECh4KBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKAASCgoDYXBwEgNmb28aACIITm9kZVBvcnQ6AEIAUgBaAGAAaAAaAgoAGgAiAA==',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'foo', namespace: 'shop', labels: { app: 'foo' } },
      spec: {
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http' }],
        selector: { app: 'foo' },
        type: 'NodePort',
      },
      status: { loadBalancer: {} },
    },
  ],
  [
    'create deployment web --image=nginx:1 --port=80 --replicas=0: the zero is said, not left out',
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50Er4BCiMKA3dlYhIAGgRzaG9wIgAqADIAOABCAFoKCgNhcHASA3dlYhKIAQgAEgwKCgoDYXBwEgN3ZWIabgocCgASABoAIgAqADIAOABCAFoKCgNhcHASA3dlYhJOEjAKBW5naW54EgduZ2lueDoxKgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [{ name: 'nginx', image: 'nginx:1', ports: [{ containerPort: 80 }], resources: {} }],
          },
        },
        strategy: {},
      },
      status: {},
    },
  ],
])('kubectl %s', (_title, body, expected) => {
  expect(decode(body)).toEqual(expected);
});

test.each([
  ['no magic', Buffer.from('{}').toString('base64'), 'no Kubernetes protobuf'],
  ['a length beyond the end', Buffer.from('k8s\0\x0a\x7fv1').toString('base64'), 'truncated protobuf'],
  [
    'a number without end',
    Buffer.from([0x6b, 0x38, 0x73, 0, 0xff, 0xff]).toString('base64'),
    'truncated protobuf',
  ],
  [
    'a kind that is not served',
    Buffer.from('k8s\0\x0a\x0b\x0a\x02v1\x12\x05Gizmo').toString('base64'),
    'no protobuf type for v1 Gizmo',
  ],
])('%s is a 400', (_title, body, message) => {
  expect(() => decode(body)).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining(message) }),
  );
});
