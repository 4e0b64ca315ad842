import { expect, test } from 'vitest';
import { readAsked } from '../../../src/explain/facts/asked.ts';

test.each([
  ['shop/web', { kind: 'service', namespace: 'shop', name: 'web', port: '' }],
  ['shop/web:http', { kind: 'service', namespace: 'shop', name: 'web', port: 'http' }],
  ['shop/web:80', { kind: 'service', namespace: 'shop', name: 'web', port: '80' }],
  ['web', { kind: 'name', name: 'web', port: '' }],
  ['Web.Shop.svc.cluster.local.', { kind: 'name', name: 'web.shop.svc.cluster.local', port: '' }],
  ['web.shop:http', { kind: 'name', name: 'web.shop', port: 'http' }],
  ['_http._tcp.web.shop.svc', { kind: 'name', name: '_http._tcp.web.shop.svc', port: '' }],
  ['10.96.0.20', { kind: 'address', address: '10.96.0.20', port: 0 }],
  ['10.96.0.20:80', { kind: 'address', address: '10.96.0.20', port: 80 }],
  ['FD00:96::0020', { kind: 'address', address: 'fd00:96::20', port: 0 }],
  ['[fd00:96::20]:80', { kind: 'address', address: 'fd00:96::20', port: 80 }],
  [':30080', { kind: 'nodePort', port: 30080 }],
])('%s', (text, asked) => {
  expect(readAsked(text)).toEqual(asked);
});

test.each([
  '',
  '/',
  'shop/',
  '/web',
  'shop/web/x',
  ':0',
  ':65536',
  ':http',
  '10.96.0.300',
  '10.96.0.20:99999',
  '-',
  'a b',
  'web..shop',
])('"%s" is nothing that could be explained', (text) => {
  expect(readAsked(text)).toBeUndefined();
});
