/** A snapshot is written whole or not at all, wherever writing it ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { FILE_NAME } from '../../src/snapshot/format.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { FakeStateFolder } from '../fake/stateFolder.ts';
import { makeCluster } from '../support/cluster.ts';
import { namespaceRecord } from '../support/records.ts';
import { OWNER, recallFrom } from './support.ts';

const BEFORE: readonly ObjectRecord[] = [namespaceRecord('before')];
/** Of several pieces. */
const AFTER: readonly ObjectRecord[] = makeCluster({
  services: 400,
  endpointsPerService: 3,
  namespaces: 2,
  nodes: 2,
}).records;

const write = (folder: FakeStateFolder, records: readonly ObjectRecord[], limit?: number): Promise<number> =>
  writeSnapshot(folder, { head: { ...OWNER, writtenAt: 1 }, records }, limit);

/** A folder that holds BEFORE. */
async function kept(): Promise<FakeStateFolder> {
  const folder = new FakeStateFolder();
  await write(folder, BEFORE);
  return folder.afterKill();
}

/** The steps of writing AFTER over BEFORE, by name. */
async function stepsOf(): Promise<string[]> {
  const folder = await kept();
  const names: string[] = [];
  folder.before = (_, name) => names.push(name);
  await write(folder, AFTER);
  return names;
}

const STEPS = await stepsOf();

test('the file is made to last before it gets its name, and its name before it counts', () => {
  expect([...new Set(STEPS)]).toEqual(['create', 'write', 'sync file', 'close', 'rename', 'sync folder']);
  expect(STEPS.filter((name) => name === 'write').length).toBeGreaterThan(3);
});

test('what was written is what is read, and its length is told', async () => {
  const folder = new FakeStateFolder();
  const octets = await write(folder, AFTER);
  expect(await recallFrom(folder)).toEqual(AFTER);
  expect((await folder.read(FILE_NAME))?.length).toBe(octets);
  expect(folder.names).toEqual([FILE_NAME]);
});

describe.each(STEPS.map((name, step) => ({ step, name })))('at step $step, $name', ({ step }) => {
  /** The folder in which a process was stopped before that step. */
  async function stopped(): Promise<FakeStateFolder> {
    const folder = await kept();
    const there = Promise.withResolvers<void>();
    folder.before = (at) => {
      if (at !== step) return;
      folder.crash();
      there.resolve();
    };
    void write(folder, AFTER);
    await there.promise;
    return folder;
  }

  test('a SIGKILL leaves the one before or the new one', async () => {
    const found = await recallFrom((await stopped()).afterKill());
    expect([BEFORE, AFTER]).toContainEqual(found);
  });

  test('after a power cut the one before or the new one is there, whatever the disk kept of the rest', async () => {
    for (const kept of [() => 0, (rest: number) => Math.floor(rest / 2), (rest: number) => rest]) {
      expect([BEFORE, AFTER]).toContainEqual(await recallFrom((await stopped()).afterPowerCut(kept)));
      expect([BEFORE, AFTER]).toContainEqual(await recallFrom((await stopped()).afterLatePowerCut(kept)));
    }
  });

  test('a failure leaves the one before or the new one, and no file besides', async () => {
    const folder = await kept();
    folder.before = (at) => {
      if (at === step) throw new Error('ENOSPC: no space left on device');
    };
    await expect(write(folder, AFTER)).rejects.toThrow('ENOSPC');
    expect([BEFORE, AFTER]).toContainEqual(await recallFrom(folder));
    expect(folder.names).toEqual([FILE_NAME]);
    folder.before = () => undefined;
    await write(folder, AFTER);
    expect(await recallFrom(folder)).toEqual(AFTER);
  });
});

test('one that would be too long to be read is not written', async () => {
  const folder = await kept();
  await expect(write(folder, AFTER, 1000)).rejects.toThrow('the snapshot would be longer than 1000 octets');
  expect(await recallFrom(folder)).toEqual(BEFORE);
  expect(folder.names).toEqual([FILE_NAME]);
});

describe('damage', () => {
  const small: readonly ObjectRecord[] = makeCluster({
    services: 3,
    endpointsPerService: 2,
    namespaces: 1,
    nodes: 1,
  }).records;
  const whole = async (): Promise<Buffer> => {
    const folder = new FakeStateFolder();
    await write(folder, small);
    return (await folder.read(FILE_NAME)) ?? Buffer.alloc(0);
  };
  const found = (octets: Buffer): ReturnType<typeof recallFrom> => {
    const folder = new FakeStateFolder();
    folder.put(FILE_NAME, octets);
    return recallFrom(folder);
  };

  test('no truncation is taken for a snapshot', async () => {
    const octets = await whole();
    for (let length = 0; length < octets.length; length++) {
      expect([length, await found(octets.subarray(0, length))]).toEqual([length, expect.any(String)]);
    }
    expect(await found(octets)).toEqual(small);
  });

  test('nor is one with a bit that fell over, or with octets of something else', async () => {
    const octets = await whole();
    const place = fc.nat(octets.length - 1);
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const damaged = Buffer.from(octets);
        damaged[at] = (damaged[at] ?? 0) ^ bits;
        expect(await found(damaged)).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(place, fc.uint8Array({ minLength: 1, maxLength: 40 }), async (at, others) => {
        const damaged = Buffer.concat([octets.subarray(0, at), others, octets.subarray(at)]);
        expect(await found(damaged)).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
  });
});
