import { beforeEach, expect, test } from 'vitest';
import { LinkReport } from '../../../src/kube/reflector/linkReport.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

let clock: FakeClock;
let log: FakeLog;
let report: LinkReport;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  report = new LinkReport(clock, log);
});

function logged(): string[] {
  return log.lines.splice(0).map(({ level, message }) => `${level}: ${message}`);
}

test('what hits several resources is told once, and its end when the last one is well', async () => {
  for (const title of ['Services', 'Pods']) report.failed(title, 'down');
  expect(logged()).toEqual(['warn: down; trying again']);
  await clock.advance(9000);
  report.recovered('Services');
  expect(logged()).toEqual([]);
  expect(report.errorOf('Services')).toBe('');
  expect(report.errorOf('Pods')).toBe('down');
  report.recovered('Pods');
  expect(logged()).toEqual(['info: regained after 9 s: down']);
});

test('what goes on is told once a minute, with how long it has been', async () => {
  for (let second = 0; second <= 125; second++) {
    report.failed('Services', 'down');
    await clock.advance(1000);
  }
  expect(log.lines.map(({ fields }) => fields)).toEqual([
    { failingForSeconds: 0 },
    { failingForSeconds: 60 },
    { failingForSeconds: 120 },
  ]);
});

test('what comes and goes is told once a minute', async () => {
  for (let second = 0; second < 60; second++) {
    report.failed('Services', 'down');
    await clock.advance(500);
    report.recovered('Services');
    await clock.advance(500);
  }
  expect(logged()).toEqual(['warn: down; trying again', 'info: regained after 1 s: down']);
});

test('another reason is told at once, and only the last one is regained', async () => {
  report.failed('Services', 'broken');
  report.failed('Services', 'refused');
  await clock.advance(5000);
  report.recovered('Services');
  expect(logged()).toEqual([
    'warn: broken; trying again',
    'warn: refused; trying again',
    'info: regained after 5 s: refused',
  ]);
});

test('each resource has its own troubles', () => {
  report.failed('Services', 'down');
  report.failed('EndpointSlices', 'forbidden');
  report.recovered('Services');
  expect(logged()).toEqual([
    'warn: down; trying again',
    'warn: forbidden; trying again',
    'info: regained after 0 s: down',
  ]);
  expect(report.errorOf('EndpointSlices')).toBe('forbidden');
});

test('the end of what was never told is not told', () => {
  report.recovered('Services');
  expect(logged()).toEqual([]);
});
