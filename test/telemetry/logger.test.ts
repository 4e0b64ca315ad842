import { expect, test } from 'vitest';
import { createLog, textLine } from '../../src/telemetry/logger.ts';

function written(level: 'debug' | 'info' | 'warn', fields: object, message: string): string[] {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  log.info(fields, message);
  return lines;
}

test('a line is one JSON object with the level by name', () => {
  const [line = ''] = written('info', { services: 3 }, 'first sync done');
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    services: 3,
    message: 'first sync done',
  });
});

test('lines below the level are not written', () => {
  expect(written('warn', {}, 'chatter')).toEqual([]);
});

test.each([
  [{}, '07:05:01.123 info  ready\n'],
  [{ services: 3, mode: 'iptables' }, '07:05:01.123 info  ready services=3 mode=iptables\n'],
  [{ error: 'no route to host' }, '07:05:01.123 info  ready error="no route to host"\n'],
  [{ empty: '', list: ['a', 'b'] }, '07:05:01.123 info  ready empty="" list=["a","b"]\n'],
])('the text of %j is compact', (fields, line) => {
  const json = JSON.stringify({
    level: 'info',
    time: '2026-01-01T07:05:01.123Z',
    ...fields,
    message: 'ready',
  });
  expect(textLine(json)).toBe(line);
});
