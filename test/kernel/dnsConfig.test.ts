import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';
import { makeWorld, until } from './agentWorld.ts';
import { lost, NameLoop } from './nameLoop.ts';

const SUPPORT = join(import.meta.dirname, '../support');

/** One of the real kind: a stub domain, a hosts entry, a renamed Service. */
const corefile = (gateway: string, more = ''): string => `
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    rewrite name shop.example web.shop.svc.cluster.local
    hosts {
        ${gateway} gateway.example
        fallthrough
    }
    ${more}
    reload
}
corp.example:53 {
    cache 30
    forward . 10.244.3.2:5353
}
`;

test('a Corefile is in force, changes, is spoilt and mended, and no query is lost', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const corp = await net.namespace('corp');
  await net.link(world.node, ['10.244.3.1/24'], corp, ['10.244.3.2/24']);
  const program = join(SUPPORT, 'dnsAgentProgram.ts');
  const server = net.start(corp, process.execPath, program, '198.51.100.7', '10.244.3.2:5353');
  await once(server.stdout, 'data');

  const folder = join(world.folder, 'coredns');
  const file = join(folder, 'Corefile');
  mkdirSync(folder);
  writeFileSync(file, corefile('192.0.2.1'));
  world.start('--dns-config', folder, '--dns-threads', '1');
  await world.ready();
  expect(await world.resolve('gateway.example')).toBe('192.0.2.1');
  expect(await world.resolve('shop.example')).toBe('10.96.0.20');
  expect(await world.resolve('a.corp.example')).toBe('198.51.100.7');

  const loop = new NameLoop(net, world.client, {
    name: 'web.shop.svc.cluster.local',
    servers: ['10.96.0.10'],
  });
  await loop.started();

  writeFileSync(file, corefile('192.0.2.2'));
  await until(async () => (await world.resolve('gateway.example')) === '192.0.2.2');

  writeFileSync(file, corefile('192.0.2.3', 'cache soon {\n        prefetch often\n    }'));
  const status = async (): Promise<string> => (await world.fairlead('status')).stdout;
  await until(async () => (await status()).includes('not taken'));
  expect(await status()).toContain(`not taken    ${file}:13: prefetch: "often" is no whole number`);
  expect(await world.resolve('gateway.example')).toBe('192.0.2.2');
  expect(await world.resolve('a.corp.example')).toBe('198.51.100.7');

  writeFileSync(file, corefile('192.0.2.4', 'dns64'));
  await until(async () => (await world.resolve('gateway.example')) === '192.0.2.4');
  expect(await status()).toContain(`not honoured  ${file}:12: plugin dns64 is not offered`);
  expect(await status()).not.toContain('not taken');

  const asked = await loop.end();
  expect(lost(asked)).toEqual([]);
  expect(asked.length).toBeGreaterThan(0);

  // A name that a thread answers from what is kept ready has to give way to a rule, and come back.
  writeFileSync(file, corefile('192.0.2.77 web.shop.svc.cluster.local').replace(/ gateway.example$/m, ''));
  await until(async () => (await world.resolve('web.shop.svc.cluster.local')) === '192.0.2.77');
  writeFileSync(file, corefile('192.0.2.5'));
  await until(async () => (await world.resolve('web.shop.svc.cluster.local')) === '10.96.0.20');
  expect(world.complaints()).toEqual([
    'dns: configuration unusable: the last good one stays in force',
    `dns: ${file}:12: plugin dns64 is not offered`,
  ]);
});
