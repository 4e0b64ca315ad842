import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey, portKey } from '../../../../src/proxy/iptables/rules/treeKey.ts';
import type { TreeLine } from '../../../../src/proxy/iptables/tree/layout.ts';
import { DispatchTree } from '../../../../src/proxy/iptables/tree/tree.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

/** Chains as a kernel would hold them, from the writes and drops of a tree. */
class Kernel {
  readonly tree = new DispatchTree();
  readonly chains = new Map<string, readonly TreeLine[]>();
  written = 0;

  change(add: readonly string[], remove: readonly string[] = []): void {
    const { write, drop } = this.tree.change(add, remove);
    for (const [slot, lines] of write) {
      this.chains.set(slot, lines);
      this.written++;
      // What a chain jumps to must be there when it is written.
      for (const line of lines)
        if (line.kind === 'jump') expect([...this.chains.keys()]).toContain(line.slot);
    }
    for (const slot of drop) expect(this.chains.delete(slot)).toBe(true);
  }

  /** The rules that a key meets, and how many lines and levels it walks. */
  lookUp(key: string): { rules: string[]; lines: number; levels: number } {
    const rules: string[] = [];
    const found = { rules, lines: 0, levels: 0 };
    const visit = (slot: string, level: number): void => {
      found.levels = Math.max(found.levels, level);
      for (const line of this.chains.get(slot) ?? []) {
        found.lines++;
        if (line.kind === 'rule') rules.push(line.rule);
        else if (key.startsWith(line.prefix)) visit(line.slot, level + 1);
      }
    };
    visit('', 0);
    return found;
  }
}

function treeOf(entries: readonly string[]): Kernel {
  const kernel = new Kernel();
  kernel.change(entries);
  return kernel;
}

const entry = (key: string, rule = 'rule'): string => `${key} ${rule} ${key}`;

const keys = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 1, 7), fc.nat({ max: 255 }), fc.constantFrom(80, 443, 5000))
    .map(([a, b, port]) => addressKey(`10.96.${a}.${b}`, 'TCP', port)),
  fc
    .tuple(fc.nat({ max: 255 }), fc.constantFrom(...PROTOCOLS))
    .map(([a, p]) => addressKey(`${a}.0.0.1`, p, 53)),
  fc.nat({ max: 300 }).map((port) => addressKey('203.0.113.7', 'UDP', 8000 + port)),
  fc.tuple(fc.nat({ max: 300 }), fc.constantFrom(...PROTOCOLS)).map(([n, p]) => portKey(p, 30_000 + n)),
);
const entries = fc.tuple(keys, fc.constantFrom('accept', 'reject')).map(([key, rule]) => entry(key, rule));
const changes = fc.array(
  fc.record({ add: fc.array(entries, { maxLength: 60 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { minLength: 1, maxLength: 12 },
);

describe('a tree', () => {
  test('of up to 64 entries is one chain in order of keys', () => {
    const all = Array.from({ length: 64 }, (_, n) => entry(addressKey(`10.96.${n * 3}.1`, 'TCP', 80)));
    const { chains } = treeOf(all.toReversed());
    expect([...chains.keys()]).toEqual(['']);
    expect(chains.get('')).toEqual(all.map((text) => ({ kind: 'rule', rule: text.slice(19) })));
  });

  test('is one chain again when it shrinks to 64, whatever was below', () => {
    const dense = Array.from({ length: 40 }, (_, n) => entry(addressKey(`10.96.0.${n}`, 'TCP', 80)));
    const wide = Array.from({ length: 25 }, (_, n) => entry(addressKey(`${n + 20}.0.0.1`, 'TCP', 80)));
    const kernel = treeOf([...dense, ...wide]);
    expect(kernel.chains.size).toBeGreaterThan(5);
    kernel.change([], wide.slice(0, 1));
    expect([...kernel.chains.keys()]).toEqual(['']);
  });

  test('has the same chains after any changes as when it is made at once', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const kernel = new Kernel();
        for (const { add, share } of steps) {
          const present = kernel.tree.entries;
          kernel.change(add, present.slice(0, Math.floor(present.length * share)));
        }
        const fresh = treeOf(kernel.tree.entries);
        expect(kernel.chains).toEqual(fresh.chains);
      }),
      { numRuns: 300 },
    );
  });

  test('leads every key to its rule', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entries, { maxLength: 300 }), (all) => {
        const kernel = treeOf(all);
        for (const text of all) {
          const [key = '', ...rule] = text.split(' ');
          expect(kernel.lookUp(key).rules).toContain(rule.join(' '));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('never has more than eight levels, however the keys are chosen', () => {
    // At each of the 18 digits, nine keys leave the way of the one key that all others share most with.
    const hostile = Array.from({ length: 18 }, (_, digit) =>
      Array.from(
        { length: 9 },
        (__, n) => `${'0'.repeat(digit)}${(n % 7) + 1}`.padEnd(17, String(n)).slice(0, 17) + (n % 8),
      ),
    ).flat();
    const kernel = treeOf(hostile.map((key) => entry(key)));
    expect(Math.max(...hostile.map((key) => kernel.lookUp(key).levels))).toBe(8);
    // As the upper levels go, one after the other, it splits what it had to leave whole; and back.
    const levels = Array.from({ length: 12 }, (_, digit) =>
      kernel.tree.entries.filter((text) => text.search(/[1-9]/) === digit),
    );
    for (const level of levels) {
      kernel.change([], level);
      expect(kernel.chains).toEqual(treeOf(kernel.tree.entries).chains);
    }
    for (const level of levels.toReversed()) {
      kernel.change(level);
      expect(kernel.chains).toEqual(treeOf(kernel.tree.entries).chains);
    }
  });
});

describe('a tree of 10,000 entries', () => {
  const rows: readonly (readonly [string, (n: number) => string])[] = [
    [
      'clusterIPs of a /16',
      (n) => addressKey(`10.96.${((n * 7919) % 65_536) >> 8}.${(n * 7919) % 256}`, 'TCP', 80),
    ],
    ['clusterIPs in a row', (n) => addressKey(`10.96.${n >> 8}.${n & 255}`, 'TCP', 80)],
    [
      'clusterIPs of a /12',
      (n) => addressKey(`10.${96 + (n % 16)}.${(n * 31) % 256}.${(n * 7) % 256}`, 'UDP', 53),
    ],
    [
      'IPv6 clusterIPs of a /108',
      (n) => addressKey(`fd00:96::${(n % 16).toString(16)}:${((n * 7919) % 65_536).toString(16)}`, 'TCP', 80),
    ],
    ['NodePorts', (n) => portKey(n % 2 === 0 ? 'TCP' : 'UDP', 30_000 + (n >> 1))],
    ['ports of one external IP', (n) => addressKey('203.0.113.7', 'TCP', 10_000 + n)],
  ];

  test.each(rows)('walks at most 48 lines to any of its keys: %s', (_, keyOf) => {
    const all = Array.from({ length: 10_000 }, (__, n) => keyOf(n));
    const kernel = treeOf(all.map((key) => entry(key)));
    const walks = all.filter((___, n) => n % 7 === 0).map((key) => kernel.lookUp(key));
    expect(Math.max(...walks.map(({ lines }) => lines))).toBeLessThanOrEqual(48);
    expect(Math.max(...walks.map(({ levels }) => levels))).toBeLessThanOrEqual(6);
  });

  test('writes few chains for one entry', () => {
    const kernel = treeOf(
      Array.from({ length: 10_000 }, (_, n) => entry(addressKey(`10.96.${n >> 8}.${n & 255}`, 'TCP', 80))),
    );
    kernel.written = 0;
    kernel.change([entry(addressKey('10.96.200.7', 'TCP', 80))]);
    kernel.change([], [entry(addressKey('10.96.3.3', 'TCP', 80))]);
    expect(kernel.written).toBeLessThanOrEqual(4);
  });

  test('sends what is no key on after a few lines', () => {
    const kernel = treeOf(
      Array.from({ length: 10_000 }, (_, n) => entry(addressKey(`10.96.${n >> 8}.${n & 255}`, 'TCP', 80))),
    );
    expect(kernel.lookUp(addressKey('93.184.216.34', 'TCP', 443)).lines).toBeLessThanOrEqual(8);
  });
});
