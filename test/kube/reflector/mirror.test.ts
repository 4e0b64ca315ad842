import { beforeEach, describe, expect, test } from 'vitest';
import { Mirror } from '../../../src/kube/reflector/mirror.ts';
import { isOlder, readHead } from '../../../src/kube/reflector/objectMeta.ts';
import { projectObject } from '../../../src/kube/project/project.ts';
import { Consumer } from './consumer.ts';

let consumer: Consumer;
let mirror: Mirror;

beforeEach(() => {
  consumer = new Consumer();
  mirror = new Mirror('Service', consumer, projectObject);
});

const meta = (
  name: string,
  version: number | string,
): { namespace: string; name: string; version: string } => ({
  namespace: 'shop',
  name,
  version: String(version),
});

const object = (name: string, version: number | string, spec: unknown = {}): object => ({
  metadata: { namespace: 'shop', name, resourceVersion: String(version) },
  spec,
});

function replace(...objects: object[]): string[] {
  mirror.beginReplacement();
  for (const one of objects) mirror.upsert(one);
  mirror.endReplacement();
  return consumer.news();
}

describe('events', () => {
  test.each([
    ['the same version again', 5, []],
    ['an older version', 4, []],
    ['an older version with fewer digits', '4', []],
    ['a newer version', 6, ['+web']],
    ['a newer version with more digits', 10, ['+web']],
    ['no version at all', '', ['+web']],
    ['a version that is no number', 'abc', ['+web']],
  ])('after version 5, %s', (_, version, news) => {
    replace(object('web', 5));
    mirror.upsert(object('web', version));
    expect(consumer.news()).toEqual(news);
  });

  test('a removal that is older than the object is not believed', () => {
    replace(object('web', 5));
    mirror.remove(meta('web', 4));
    expect(consumer.news()).toEqual([]);
    mirror.remove(meta('web', 6));
    expect(consumer.news()).toEqual(['-web']);
  });

  test('what was removed does not come back with an older version', () => {
    replace(object('web', 5));
    mirror.remove(meta('web', 7));
    mirror.upsert(object('web', 6));
    expect(consumer.news()).toEqual(['-web']);
    mirror.upsert(object('web', 8));
    expect(consumer.news()).toEqual(['+web']);
  });

  test('the removal of what nobody knows is no news', () => {
    replace();
    mirror.remove(meta('web', 7));
    expect(consumer.news()).toEqual([]);
  });

  test('removals are not remembered for ever', () => {
    replace();
    for (let i = 0; i < 3000; i++) mirror.remove(meta(`s${i}`, 100));
    mirror.upsert(object('s0', 50));
    mirror.upsert(object('s2999', 50));
    expect(consumer.news()).toEqual(['+s0']);
  });
});

describe('a replacement', () => {
  test('tells what is new, then what is gone, and nothing else', () => {
    replace(object('a', 1), object('b', 2), object('c', 3));
    expect(replace(object('c', 3), object('d', 4), object('a', 9))).toEqual(['+d', '+a', '-b']);
  });

  test('that did not get to its end removes nothing', () => {
    replace(object('a', 1), object('b', 2));
    mirror.beginReplacement();
    mirror.upsert(object('c', 3));
    expect(replace(object('a', 1), object('b', 2), object('c', 3))).toEqual(['+c']);
  });

  test('is believed with older versions too, and so is what follows', () => {
    replace(object('a', 100), object('b', 101));
    mirror.remove(meta('b', 102));
    consumer.news();
    expect(replace(object('a', 50))).toEqual(['+a']);
    mirror.upsert(object('a', 51));
    mirror.upsert(object('b', 52));
    expect(consumer.news()).toEqual(['+a', '+b']);
  });

  test('may hold changes and removals of its own objects', () => {
    mirror.beginReplacement();
    mirror.upsert(object('a', 1));
    mirror.upsert(object('b', 2));
    mirror.upsert(object('a', 3));
    mirror.remove(meta('b', 4));
    expect(mirror.endReplacement()).toEqual({ objects: 1, changed: 3, removed: 0 });
    expect(consumer.news()).toEqual(['+a', '+b', '+a', '-b']);
  });

  test('counts', () => {
    replace(object('a', 1), object('b', 2), object('c', 3));
    mirror.beginReplacement();
    mirror.upsert(object('a', 1));
    mirror.upsert(object('d', 5));
    expect(mirror.endReplacement()).toEqual({ objects: 2, changed: 1, removed: 2 });
  });
});

describe('an object that cannot be read', () => {
  const broken = (name: string, version: number): object => object(name, version, { ports: 'eighty' });

  test('is told once a version, and what it said before stays', () => {
    replace(object('web', 5));
    const told = ['?Service shop/web: spec.ports: must be a list, not the text "eighty"'];
    mirror.upsert(broken('web', 6));
    expect(consumer.news()).toEqual(told);
    mirror.upsert(broken('web', 6));
    expect(replace(broken('web', 6))).toEqual([]);
    mirror.upsert(broken('web', 7));
    expect(consumer.news()).toEqual(told);
    expect([...consumer.records.keys()]).toEqual(['Service shop/web']);
    mirror.remove(meta('web', 8));
    expect(consumer.news()).toEqual(['-web']);
  });

  test('and never could be is not removed, for nobody was told of it', () => {
    replace(broken('web', 6));
    consumer.news();
    mirror.remove(meta('web', 8));
    expect(consumer.news()).toEqual([]);
    replace(broken('web', 9));
    consumer.news();
    expect(replace()).toEqual([]);
  });

  test('is told as any other once it can be', () => {
    replace(broken('web', 6));
    consumer.news();
    mirror.upsert(object('web', 7));
    mirror.remove(meta('web', 8));
    expect(consumer.news()).toEqual(['+web', '-web']);
  });

  test('does not stop the others', () => {
    expect(replace(object('a', 1), broken('b', 2), object('c', 3)).filter((line) => line[0] === '+')).toEqual(
      ['+a', '+c'],
    );
  });

  test.each([[null], ['text'], [[]], [{}], [{ metadata: { name: 7 } }], [{ metadata: 'x' }]])(
    'because it has no name, %j, keeps a replacement from removing anything',
    (nameless) => {
      replace(object('web', 5));
      mirror.beginReplacement();
      mirror.upsert(nameless);
      mirror.endReplacement();
      expect(consumer.news()).toEqual([expect.stringContaining('?Service')]);
      expect(replace()).toEqual(['-web']);
    },
  );
});

describe('an object that is too long', () => {
  const message = 'is 9.0 MB of JSON';

  test('is named, told once a version, and what it said before stays', () => {
    replace(object('web', 5));
    mirror.oversized(meta('web', 6), message);
    mirror.oversized(meta('web', 6), message);
    expect(consumer.news()).toEqual(['?Service shop/web: is 9.0 MB of JSON']);
    mirror.beginReplacement();
    mirror.oversized(meta('web', 6), message);
    mirror.endReplacement();
    expect(consumer.news()).toEqual([]);
  });

  test.each([
    [
      'as a list has it',
      '{"metadata":{"name":"web","namespace":"shop","uid":"1","resourceVersion":"6","labels":{"name":"x"},"annot',
      meta('web', 6),
    ],
    [
      'as a watch has it',
      '{"type":"ADDED","object":{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","namespace":"shop","resourceVersion":"6","annotations":{"a":"xxxx',
      meta('web', 6),
    ],
    [
      'pretty',
      '{\n "metadata" : {\n  "name" : "n1" ,\n "resourceVersion" : "6" ,\n "l',
      { ...meta('n1', 6), namespace: '' },
    ],
    ['without metadata', '{"spec":{"name":"web"', undefined],
    ['with the name behind the head', '{"metadata":{"labels":{"name":"x"', undefined],
  ])('is known by its beginning, %s', (_, head, expected) => {
    expect(readHead(head)).toEqual(expected);
  });
});

test.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['99999999999999999998', '99999999999999999999', true],
  ['a', '10', false],
  ['', '10', false],
  ['010', '9', false],
])('version %s is older than %s: %s', (a, b, expected) => {
  expect(isOlder(a, b)).toBe(expected);
});
