import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket, SOCKET_NAME } from '../../../src/agent/serving/controlSocket.ts';
import { Giving, type GivingParts } from '../../../src/agent/succession/giving.ts';
import { lendSockets } from '../../../src/agent/succession/lend.ts';
import { takeOver } from '../../../src/agent/succession/taking.ts';
import { InheritedSockets } from '../../../src/host/inheritedSockets.ts';
import { dgramIo } from '../../../src/host/udp/dgramUdp.ts';
import { FakeLog } from '../../fake/log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const socketPath = (): string => join(folder, SOCKET_NAME);

async function oldAgent(more: Partial<GivingParts> = {}) {
  const told: string[] = [];
  const log = new FakeLog();
  const progress = { opened: true, stopping: false } as GivingParts['agent']['progress'];
  const giving = new Giving({
    folder,
    agent: {
      progress,
      handOver: async () => void told.push('hands over'),
      stop: async () => void told.push('stops'),
    },
    leaveServers: async () => {
      told.push('leaves');
      control.leave();
    },
    lend: async () => [],
    log,
    ...more,
  });
  const control = await openControlSocket(socketPath(), {}, (url, socket) => giving.upgraded(url, socket));
  return { giving, control, told, log };
}

test('all but names is given up, their sockets go over, the path is free; then each knows how the other is', async () => {
  const udp = await dgramIo.bind('127.0.0.1', 0, () => undefined);
  const place = { address: '127.0.0.1', port: udp.port };
  const old = await oldAgent({ lend: (path) => lendSockets(path, [place]) });
  const inherited = new InheritedSockets();
  const succession = await takeOver(socketPath(), inherited);
  await old.giving.begun;
  expect(succession?.sockets).toBe(1);
  expect(old.told).toEqual(['hands over', 'leaves']);
  expect(readdirSync(folder)).toEqual([]);
  const control = await openControlSocket(socketPath(), {});
  const mine = await inherited.udp(dgramIo).bind(place.address, place.port, () => undefined);
  expect(mine.port).toBe(udp.port);
  succession?.ready();
  await old.giving.ready;
  await Promise.all([udp.close(), mine.close()]);
  // Its end does not take the path from the one that has it now.
  await old.control.close();
  expect(readdirSync(folder)).toEqual([SOCKET_NAME]);
  await old.giving.gone;
  await control.close();
});

test('where sockets cannot be lent, names end before the other begins', async () => {
  const old = await oldAgent({ lend: () => Promise.reject(new Error('no module')) });
  const succession = await takeOver(socketPath(), new InheritedSockets());
  expect(succession?.sockets).toBe(0);
  expect(old.told).toEqual(['hands over', 'stops', 'leaves']);
  expect(old.log.messages('warn')).toHaveLength(1);
  await old.control.close();
});

test.each([
  [{ opened: false, stopping: false }, 'it does not answer names itself yet'],
  [{ opened: true, stopping: true }, 'it hands over already, or stops'],
])('%o: not now', async (progress, why) => {
  const agent = { progress, handOver: async () => undefined, stop: async () => undefined };
  const old = await oldAgent({ agent: agent as unknown as GivingParts['agent'] });
  await expect(takeOver(socketPath(), new InheritedSockets())).rejects.toThrow(
    `cannot take over from the agent that runs: ${why}`,
  );
  expect(readdirSync(folder)).toEqual([SOCKET_NAME]);
  await old.control.close();
});

test('an agent that ends meanwhile leaves nothing to take over', async () => {
  const old = await oldAgent({
    lend: () => {
      void old.control.close();
      return new Promise(() => undefined);
    },
  });
  await expect(takeOver(socketPath(), new InheritedSockets())).rejects.toThrow('the other agent ended');
});

test('nobody there, and one that has never heard of it, are not taken over from', async () => {
  expect(await takeOver(join(folder, 'nowhere', SOCKET_NAME), new InheritedSockets())).toBeUndefined();
  expect(await takeOver(socketPath(), new InheritedSockets())).toBeUndefined();
  const older = await openControlSocket(socketPath(), {});
  expect(await takeOver(socketPath(), new InheritedSockets())).toBeUndefined();
  await older.close();
  expect(readdirSync(folder)).toEqual([]);
});
