import { describe, expect, test } from 'vitest';
import { udpClient } from './support/clients.ts';
import { closedEndpoint, udpEndpoint } from './support/endpoints.ts';
import { ENGINES, startRelay, targets } from './support/relay.ts';

const UDP = { protocol: 'UDP' } as const;

describe.each(ENGINES)('UDP by $name', (engine) => {
  test('a client keeps its endpoint, the next client gets the next', async () => {
    await using a = await udpEndpoint('a:');
    await using b = await udpEndpoint('b:');
    await using relay = await startRelay(engine, [a, b], UDP);
    await using one = await udpClient(relay.port);
    await using two = await udpClient(relay.port);
    expect(await one.ask('1')).toBe('a:1');
    expect(await two.ask('2')).toBe('b:2');
    expect(await one.ask('3')).toBe('a:3');
    expect(relay.relay.figures()).toMatchObject([{ open: 2, accepted: 2, bytesIn: 3, bytesOut: 9 }]);
  });

  test('over IPv6', async () => {
    await using a = await udpEndpoint('a:', '::1');
    await using relay = await startRelay(engine, [a], { ...UDP, address: '::1' });
    await using one = await udpClient(relay.port, '::1');
    expect(await one.ask('1')).toBe('a:1');
  });

  test.each([0, 1, 1_500, 9_000, 65_000])('datagrams of %i octets', async (size) => {
    await using a = await udpEndpoint('');
    await using relay = await startRelay(engine, [a], UDP);
    await using one = await udpClient(relay.port);
    const packet = Buffer.alloc(size, 'x');
    expect((await one.ask(packet)).length).toBe(size);
  });

  test('where nobody listens, the next endpoint gets the packet', async () => {
    await using good = await udpEndpoint('good:');
    await using relay = await startRelay(engine, [await closedEndpoint('udp'), good], UDP);
    await using one = await udpClient(relay.port);
    expect(await one.ask('hello')).toBe('good:hello');
    expect(relay.relay.figures()).toMatchObject([
      {
        retries: 1,
        failed: 0,
        open: 1,
        endpoints: [
          { connections: 0, failures: 1 },
          { connections: 1, failures: 0 },
        ],
      },
    ]);
  });

  test('where nobody listens anywhere, the session ends', async () => {
    await using relay = await startRelay(engine, [await closedEndpoint('udp')], UDP);
    await using one = await udpClient(relay.port);
    one.socket.send('hello');
    await expect.poll(() => relay.relay.figures()).toMatchObject([{ failed: 1, open: 0 }]);
  });

  test('a session ends with its endpoint, and the next packet begins another', async () => {
    await using a = await udpEndpoint('a:');
    await using b = await udpEndpoint('b:');
    await using relay = await startRelay(engine, [a], UDP);
    await using one = await udpClient(relay.port);
    expect(await one.ask('1')).toBe('a:1');
    relay.listener.retarget(targets([a, b]));
    expect(await one.ask('2')).toBe('a:2');
    relay.listener.retarget(targets([b]));
    expect(await one.ask('3')).toBe('b:3');
  });

  test('an idle session ends; one in use does not', async () => {
    await using a = await udpEndpoint('a:');
    await using relay = await startRelay(engine, [a], { ...UDP, udpIdleMs: 50 });
    await using one = await udpClient(relay.port);
    expect(await one.ask('1')).toBe('a:1');
    await expect.poll(() => relay.relay.figures()).toMatchObject([{ open: 0 }]);
    expect(await one.ask('2')).toBe('a:2');
    expect(relay.relay.figures()).toMatchObject([{ accepted: 2 }]);
  });

  test('beyond the limit new clients are not heard, old ones are', async () => {
    await using a = await udpEndpoint('a:');
    await using relay = await startRelay(engine, [a], { ...UDP, limit: 1 });
    await using one = await udpClient(relay.port);
    await using two = await udpClient(relay.port);
    expect(await one.ask('1')).toBe('a:1');
    two.socket.send('2');
    await expect.poll(() => relay.relay.figures()).toMatchObject([{ refused: 1, open: 1 }]);
    expect(await one.ask('3')).toBe('a:3');
  });
});
