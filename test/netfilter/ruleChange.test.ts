import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMessages } from '../../src/host/netlink/messages.ts';
import { readRuleChange, type RuleChange } from '../../src/netfilter/ruleChange.ts';
import {
  ADDED,
  CHAIN_REMOVED,
  GENERATION,
  INET_TABLE_REMOVED,
  ofKind,
  RULE_REMOVED,
  RULE_REMOVED_6,
  TABLE_REMOVED,
} from './news.ts';

/** Of all messages in these bytes. */
function changesIn(bytes: Buffer, length: number = bytes.length): RuleChange[] {
  const changes: RuleChange[] = [];
  readMessages(bytes, length, {
    content(type, at, end) {
      const change = readRuleChange(bytes, type, at, end);
      if (change !== undefined) changes.push(change);
    },
    answered: () => false,
  });
  return changes;
}

const rule = { kind: 'removed', family: 'IPv4', table: 'nat', chain: 'KUBE-X' };
const table = { kind: 'removed', family: 'IPv4', table: 'nat', chain: '' };
const DESTROYED = { table: 26, chain: 27, rule: 28 } as const;

test.each([
  ['a rule that is added, after its table and its chain', ADDED, [{ ...rule, kind: 'added' }]],
  ['a rule that is removed', RULE_REMOVED, [rule]],
  ['a rule of IPv6', RULE_REMOVED_6, [{ ...rule, family: 'IPv6', chain: 'OUTPUT' }]],
  ['a chain', CHAIN_REMOVED, [rule]],
  ['a table', TABLE_REMOVED, [table]],
  ['a destroyed rule', ofKind(DESTROYED.rule, RULE_REMOVED), [rule]],
  ['a destroyed chain', ofKind(DESTROYED.chain, CHAIN_REMOVED), [rule]],
  ['a destroyed table', ofKind(DESTROYED.table, TABLE_REMOVED), [table]],
  ['a table of another family', INET_TABLE_REMOVED, []],
  ['the end of a transaction', GENERATION, []],
  ['several together', Buffer.concat([RULE_REMOVED, GENERATION, CHAIN_REMOVED]), [rule, rule]],
])('%s', (_, bytes, expected) => {
  expect(changesIn(bytes)).toEqual(expected);
});

test('a message that is cut short says nothing, and those before it what they say', () => {
  const both = Buffer.concat([CHAIN_REMOVED, RULE_REMOVED]);
  for (let length = CHAIN_REMOVED.length; length < both.length; length++) {
    expect(changesIn(both, length)).toEqual([rule]);
  }
});

test('an attribute that is cut short, or longer than its message, is none', () => {
  // The chain's name is the second attribute: 8 octets behind the first, which is 20 behind the start.
  for (const length of [0, 3, 25, 0xffff]) {
    const bytes = Buffer.from(CHAIN_REMOVED);
    bytes.writeUInt16LE(length, 28);
    expect(changesIn(bytes)).toEqual([]);
  }
});

test('whatever the bytes are, reading them ends, and without an error', () => {
  const real = fc.constantFrom(ADDED, RULE_REMOVED, CHAIN_REMOVED, TABLE_REMOVED, GENERATION);
  const change = fc.tuple(fc.nat(63), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(real, { maxLength: 3 }),
      fc.array(change),
      fc.uint8Array(),
      (parts, changes, end) => {
        const bytes = Buffer.concat([...parts, end]);
        for (const [at, octet] of changes) if (at < bytes.length) bytes[at] = octet;
        for (const { family, kind } of changesIn(bytes)) {
          expect([family, kind]).toEqual([
            expect.stringMatching(/^IPv[46]$/),
            expect.stringMatching(/^(added|removed)$/),
          ]);
        }
      },
    ),
  );
});
