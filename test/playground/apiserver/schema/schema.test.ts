import { expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/playground/apiserver/resources/resources.ts';
import { readAs } from '../../../../src/playground/apiserver/schema/check.ts';
import { SCHEMA } from '../../../../src/playground/apiserver/schema/schema.ts';
import type { FieldType } from '../../../../src/playground/apiserver/schema/type.ts';

test('every resource has its type, but the two Events', () => {
  const without = RESOURCES.filter(({ typeName }) => !SCHEMA.has(typeName)).map(({ kind }) => kind);
  expect(without).toEqual(['Event', 'Event']);
});

test('every type that a field names exists, and no two fields of a type share a number', () => {
  const named = (type: FieldType): string[] =>
    type.kind === 'struct' ? [type.name] : type.kind === 'list' || type.kind === 'map' ? named(type.of) : [];
  for (const { name, fields } of SCHEMA.values()) {
    const all = [...fields.values()];
    expect(
      all.flatMap((field) => named(field.type)).filter((type) => !SCHEMA.has(type)),
      name,
    ).toEqual([]);
    expect(new Set(all.map((field) => field.number)).size, name).toBe(all.length);
    expect(
      all.every((field) => field.number > 0 && field.name !== ''),
      name,
    ).toBe(true);
  }
});

test('the keys of a list are fields of its items', () => {
  for (const { name, fields } of SCHEMA.values()) {
    for (const { name: field, type } of fields.values()) {
      if (type.kind !== 'list' || type.of.kind !== 'struct' || type.keys[0] === '') continue;
      const item = SCHEMA.get(type.of.name);
      expect(
        type.keys.filter((key) => item?.fields.has(key) !== true),
        `${name}.${field}`,
      ).toEqual([]);
    }
  }
});

test.each<[title: string, body: object, expected: object]>([
  [
    'nulls are absent',
    { spec: { clusterIP: null, selector: { a: null } } },
    { object: { spec: { selector: {} } } },
  ],
  [
    'unknown fields are dropped and told',
    { spec: { ports: [{ prot: 1, port: 2 }] }, x: 1 },
    { object: { spec: { ports: [{ port: 2 }] } }, unknown: ['spec.ports[0].prot', 'x'] },
  ],
  [
    'a text where a number must be',
    { spec: { ports: [{ port: 'http' }] } },
    { wrong: ['spec.ports[0].port: the string "http" where int must be'] },
  ],
  [
    'a fraction where a whole number must be',
    { spec: { ports: [{ port: 1.5 }] } },
    { wrong: ['spec.ports[0].port: the number 1.5 where int must be'] },
  ],
  [
    'an object where a list must be',
    { spec: { ports: {} } },
    { wrong: ['spec.ports: an object where a list must be'] },
  ],
  [
    'a list where an object must be',
    { metadata: [] },
    { wrong: ['metadata: a list where an object must be'] },
  ],
  ['either of two', { spec: { ports: [{ targetPort: 'http' }, { targetPort: 80 }] } }, { wrong: [] }],
])('reading a Service: %s', (_title, body, expected) => {
  expect(readAs('Service', JSON.parse(JSON.stringify(body)))).toMatchObject(expected);
});
