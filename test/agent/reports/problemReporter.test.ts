import { expect, test } from 'vitest';
import { ProblemReporter } from '../../../src/agent/reports/problemReporter.ts';
import type { Problem } from '../../../src/kube/problem.ts';
import { FakeLog } from '../../fake/log.ts';

const problem = (name: string, message: string): Problem => ({
  object: { kind: 'Service', namespace: 'shop', name },
  field: 'spec.ports[0].port',
  message,
});

function reporter() {
  const log = new FakeLog();
  const events: Problem[] = [];
  return { log, events, made: new ProblemReporter(log, (found) => events.push(found)) };
}

/** What `report` is given for the one owner `x`. */
const by = (...problems: readonly Problem[]) => [new Map([['x', problems]]), ['x']] as const;

test('a problem is told when it appears and when it is gone, once each', () => {
  const { made, log, events } = reporter();
  const bad = problem('web', '0 is not a port (1-65535)');
  made.report(...by(bad));
  made.report(...by({ ...bad }));
  made.report(...by());
  made.report(...by());
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'unusable: 0 is not a port (1-65535)',
      fields: { kind: 'Service', name: 'shop/web', field: 'spec.ports[0].port' },
    },
    expect.objectContaining({ level: 'info', message: 'usable again: was 0 is not a port (1-65535)' }),
  ]);
  expect(events).toEqual([bad]);
});

test('another fault of the same object is another problem', () => {
  const { made, log } = reporter();
  made.report(...by(problem('web', 'first')));
  made.report(...by(problem('web', 'second')));
  expect(log.messages()).toEqual(['unusable: first', 'unusable: second', 'usable again: was first']);
});

test('what one owner has stays as it is while another is told about', () => {
  const { made, log } = reporter();
  const one = problem('a', 'one');
  made.report(...by(one));
  made.report(new Map([['routing', [{ ...problem('b', 'two'), reason: 'RulesRefused' }]]]), ['routing']);
  expect(made.lines).toEqual([
    'Service shop/a: spec.ports[0].port: one',
    'Service shop/b: spec.ports[0].port: two',
  ]);
  expect([...made.counts()]).toEqual([
    ['Unusable', 1],
    ['RulesRefused', 1],
  ]);
  made.report(new Map(), ['routing']);
  expect(made.lines).toEqual(['Service shop/a: spec.ports[0].port: one']);
  expect(log.messages()).toEqual(['unusable: one', 'two', 'no longer: two']);
});

test('only the owners that are named are looked at', () => {
  const { made } = reporter();
  const many = new Map<string, readonly Problem[]>(
    Array.from({ length: 100 }, (_, i) => [`o${i}`, [problem(`s${i}`, 'bad')]] as const),
  );
  let asked = 0;
  const counted: ReadonlyMap<string, readonly Problem[]> = Object.assign(new Map(many), {
    get: (key: string) => {
      asked += 1;
      return many.get(key);
    },
  });
  made.report(counted, ['o7']);
  expect([asked, made.lines]).toEqual([1, ['Service shop/s7: spec.ports[0].port: bad']]);
});

test('a flood is cut short in the log, and whole in the status', () => {
  const { made, log } = reporter();
  made.report(...by(...Array.from({ length: 1000 }, (_, i) => problem(`s${i}`, 'bad'))));
  expect(log.lines).toHaveLength(21);
  expect(log.lines.at(-1)).toMatchObject({ fields: { more: 980 } });
  expect(made.lines).toHaveLength(1000);
});
