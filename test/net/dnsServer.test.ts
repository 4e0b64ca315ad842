import { expect, test } from 'vitest';
import { formatDnsServer, parseDnsServer } from '../../src/net/dnsServer.ts';

const tls = (serverName = '', caFile = '') => ({ tls: { serverName, caFile } });

test.each([
  ['192.0.2.53', { address: '192.0.2.53', port: 53 }, '192.0.2.53:53'],
  ['[2001:DB8::53]:5353', { address: '2001:db8::53', port: 5353 }, '[2001:db8::53]:5353'],
  ['tls://192.0.2.53', { address: '192.0.2.53', port: 853, ...tls() }, 'tls://192.0.2.53:853'],
  [
    'tls://[2001:db8::53]:8853#DNS.example',
    { address: '2001:db8::53', port: 8853, ...tls('dns.example') },
    'tls://[2001:db8::53]:8853#dns.example',
  ],
  [
    'tls://10.0.0.53?ca=/etc/ssl/corp.pem#dns.corp.example',
    { address: '10.0.0.53', port: 853, ...tls('dns.corp.example', '/etc/ssl/corp.pem') },
    'tls://10.0.0.53:853?ca=/etc/ssl/corp.pem#dns.corp.example',
  ],
])('%s', (text, server, written) => {
  expect(parseDnsServer(text)).toEqual(server);
  expect(formatDnsServer(server)).toBe(written);
  expect(parseDnsServer(written)).toEqual(server);
});

test.each([
  '',
  'dns.example',
  'tls://',
  'tls://dns.example',
  'tls://#dns.example',
  'https://192.0.2.53',
  '192.0.2.53#a',
])('%j is none', (text) => {
  expect(parseDnsServer(text)).toBeUndefined();
});
