import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { downloadFile } from '../../../src/playground/pod/file.ts';
import { answer, startPodServer } from '../../../src/playground/pod/server.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function pod(): Promise<{ port: number; echoPort: number }> {
  const ports = { port: await freePort(), echoPort: await freePort() };
  const server = await startPodServer({ pod: 'web-1', node: 'node-1', ...ports });
  onTestFinished(() => server.close());
  return ports;
}

test.each([
  ['10.0.0.1', 'web-1 on node-1, asked by 10.0.0.1:7\n'],
  ['::ffff:10.0.0.1', 'web-1 on node-1, asked by 10.0.0.1:7\n'],
  ['fd00::1', 'web-1 on node-1, asked by [fd00::1]:7\n'],
])('a client at %s is told %j', (address, text) => {
  expect(answer({ pod: 'web-1', node: 'node-1' }, address, 7)).toBe(text);
});

test('answers HTTP, and closes: the next request is a new connection', async () => {
  const { port } = await pod();
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  expect(await reply.text()).toMatch(/^web-1 on node-1, asked by 127\.0\.0\.1:\d+\n$/);
  expect(reply.headers.get('connection')).toBe('close');
});

test('gives a file of 16 MiB, every line of which says where it is', async () => {
  const { port } = await pod();
  const file = Buffer.from(await (await fetch(`http://127.0.0.1:${port}/file`)).arrayBuffer());
  expect(file.equals(downloadFile())).toBe(true);
  expect(file.length).toBe(16 << 20);
  expect(file.subarray(64, 128).toString()).toBe(`1${'.'.repeat(62)}\n`);
});

test('answers UDP in both families', async () => {
  const { port } = await pod();
  for (const [type, to] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const client = createSocket(type);
    client.send('?', port, to);
    const [data] = (await once(client, 'message')) as [Buffer];
    expect(data.toString()).toMatch(/^web-1 on node-1, asked by /);
    client.close();
  }
});

test('greets TCP clients and echoes for as long as they stay', async () => {
  const { echoPort } = await pod();
  const client = connect(echoPort, '127.0.0.1');
  let text = '';
  client.on('data', (data) => {
    text += data.toString();
    if (text.endsWith('\n') && !text.includes('ping')) client.end('ping');
  });
  await once(client, 'close');
  expect(text).toMatch(/^web-1 on node-1, asked by .*\nping$/);
});
