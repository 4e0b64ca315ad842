import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProblemReason } from '../src/kube/problem.ts';

// Somebody reads this page at three in the morning: what the program says must be on it.
const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');

/** Parts of a text between what is filled in, long enough to tell it from others. */
function fixedParts(literal: string): string[] {
  return literal
    .split(/\$\{(?:[^{}]|\{[^}]*\})*\}/)
    .map((part) => part.replace(/[:;,(].*$/s, '').trim())
    .filter((part) => part.length >= 12);
}

/** Texts that are logged as warnings and errors, by file. */
function logged(): (readonly [file: string, text: string])[] {
  return globSync('src/**/*.ts', { cwd: ROOT })
    .filter((file) => !file.startsWith('src/playground/'))
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      return [
        ...source.matchAll(/\blog\.(?:warn|error)\(\s*(?:\{[^}]*\}|\w+(?:\([^)]*\))?),\s*(['"`])(.*?)\1/gs),
      ].map(([, , text = '']) => [file, text] as const);
    });
}

const texts = logged().filter(([, text]) => fixedParts(text).length > 0);

test('warnings and errors are found in the code', () => {
  expect(texts.length).toBeGreaterThan(20);
});

test.each(texts)('%s: the page tells what to do about "%s"', (_, text) => {
  for (const part of fixedParts(text)) expect(page).toContain(part);
});

const REASONS: Record<ProblemReason, true> = {
  Unusable: true,
  AffinityUnsupported: true,
  FailedToStartServiceHealthcheck: true,
  NotRelayed: true,
  RulesRefused: true,
  UpstreamDNSUnusable: true,
};

describe('Events', () => {
  test.each(Object.keys(REASONS))('%s has its row', (reason) => {
    expect(page).toContain(`| \`${reason}\` |`);
  });
});
