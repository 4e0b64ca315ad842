/** A process that is killed while it writes, on a real disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stateFolder } from '../../src/host/stateFolder.ts';
import { readSnapshot } from '../../src/snapshot/read.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { namespaceRecord } from '../support/records.ts';

const PROGRAM = join(import.meta.dirname, '../support/snapshotProgram.ts');
const OWNER = { cluster: 'c', node: 'n1', boot: 'b' };
/** create, three writes and more, sync, close, rename, sync of the folder. */
const LEAST_STEPS = 8;

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs the program; kills it as soon as it says anything. Gives what it said. */
async function writeUntil(path: string, step: number): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, path, String(step), 'n1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [said]: unknown[] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await exit;
  return String(said).trim();
}

async function recordsAt(path: string): Promise<number> {
  const found = await readSnapshot(stateFolder(path), OWNER, 0);
  let count = 0;
  for await (const _ of found?.records ?? []) count += 1;
  return count;
}

test('SIGKILL before any step leaves the snapshot of before, or the new one, whole', {
  timeout: 240_000,
}, async () => {
  const all = temporary();
  const steps = Number(await writeUntil(all, -1));
  expect(steps).toBeGreaterThanOrEqual(LEAST_STEPS);
  const written = await recordsAt(all);
  expect(written).toBeGreaterThan(800);
  expect(readdirSync(all)).toEqual(['catalog.snapshot']);

  const path = temporary();
  const before = [namespaceRecord('before')];
  await writeSnapshot(stateFolder(path), { head: { ...OWNER, writtenAt: 1 }, records: before });
  for (let step = 0; step < steps; step++) {
    expect(await writeUntil(path, step)).toBe('there');
    // Renamed by the last step but one: what is killed after that has done its work.
    expect([step, await recordsAt(path)]).toEqual([step, step < steps - 1 ? 1 : written]);
  }
  // What a killed one left is in nobody's way.
  expect(await writeUntil(path, -1)).toBe(String(steps));
  expect(readdirSync(path)).toEqual(['catalog.snapshot']);
});
