import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationDoc } from '../scripts/configurationDoc.ts';
import { SETTING_KEYS } from '../src/config/given.ts';

test('docs/CONFIGURATION.md is what the tables make of it (npm run docs)', () => {
  const written = readFileSync(join(import.meta.dirname, '../docs/CONFIGURATION.md'), 'utf8');
  expect(written).toBe(configurationDoc());
});

test('every setting has its row', () => {
  const text = configurationDoc();
  expect(SETTING_KEYS.filter((key) => !text.includes(`\n| \`${key}\` | \`--`))).toEqual([]);
});
