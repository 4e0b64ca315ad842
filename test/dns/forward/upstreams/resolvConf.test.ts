import { expect, test } from 'vitest';
import {
  parseResolvConf,
  parseSearch,
  withoutOwn,
} from '../../../../src/dns/forward/upstreams/resolvConf.ts';

test.each([
  ['nameserver 10.0.0.2', ['10.0.0.2']],
  ['nameserver 10.0.0.2\nnameserver 10.0.0.3\n', ['10.0.0.2', '10.0.0.3']],
  [
    'nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4',
    ['1.1.1.1', '1.1.1.2', '1.1.1.3'],
  ],
  ['nameserver 10.0.0.2\nnameserver 10.0.0.2', ['10.0.0.2']],
  ['nameserver FD00:0::2', ['fd00::2']],
  ['  nameserver\t10.0.0.2   # the router', ['10.0.0.2']],
  ['nameserver 10.0.0.2\r\nsearch example.org\r\n', ['10.0.0.2']],
  ['# nameserver 10.0.0.2\n;nameserver 10.0.0.3', []],
  ['nameservers 10.0.0.2\nnameserver', []],
  ['nameserver fe80::1%eth0\nnameserver dns.example.org\nnameserver 10.0.0.2', ['10.0.0.2']],
  ['search a.example\noptions ndots:5', []],
  ['', []],
])('resolv.conf %j names %j', (text, expected) => {
  expect(parseResolvConf(text)).toEqual(expected.map((address) => ({ address, port: 53 })));
});

test.each([
  ['search a.example b.example', ['a.example', 'b.example']],
  ['search a.example\nsearch b.example', ['b.example']],
  ['domain A.Example.\nnameserver 10.0.0.2', ['a.example']],
  ['  search\ta.example   .  _x.example\r\n', ['a.example', '_x.example']],
  ['nameserver 10.0.0.2', []],
  ['search', []],
])('resolv.conf %j searches %j', (text, expected) => {
  expect(parseSearch(text)).toEqual(expected);
});

test.each([
  ['another server', '10.0.0.2:53', '10.96.0.10:53', true],
  ['the address that we answer on', '10.96.0.10:53', '10.96.0.10:53', false],
  ['the same address, another port', '10.0.0.1:5353', '10.0.0.1:10053', true],
  ["somebody's stub on loopback", '127.0.0.53:53', '10.96.0.10:53', true],
  ['loopback, while we listen on all', '127.0.0.53:10053', '0.0.0.0:10053', false],
  ['this node, while we listen on all', '192.0.2.7:10053', '0.0.0.0:10053', false],
  ['another node, while we listen on all', '192.0.2.8:10053', '0.0.0.0:10053', true],
  ['IPv6, while we listen on all IPv4', 'fd00--7:10053', '0.0.0.0:10053', true],
  ['IPv4, while we listen on all of both', '192.0.2.7:10053', '--:10053', false],
])('%s: %s beside our own %s: kept %s', (_what, server, own, kept) => {
  const [upstream, listening] = [socketAddress(server), socketAddress(own)];
  const left = withoutOwn([upstream], [listening], ['192.0.2.7', 'fd00::7']);
  expect(left).toEqual(kept ? [upstream] : []);
});

function socketAddress(text: string): { address: string; port: number } {
  const [address = '', port = ''] = text.split(':');
  return { address: address.replaceAll('--', '::'), port: Number(port) };
}
