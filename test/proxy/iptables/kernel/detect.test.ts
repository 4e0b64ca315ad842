import { expect, test } from 'vitest';
import { findTools } from '../../../../src/proxy/iptables/kernel/detect.ts';
import { IptablesMissingError } from '../../../../src/proxy/iptables/kernel/tools.ts';
import type { ProxySettings } from '../../../../src/proxy/settings.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../../fake/iptables.ts';
import { FakeLog } from '../../../fake/log.ts';
import { proxySettings } from '../../cluster.ts';

const HINT = '*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n';
const CANARY = '*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n';
const rules = (count: number): string => `*filter\n${'-A FORWARD -j ACCEPT\n'.repeat(count)}COMMIT\n`;

interface Row {
  readonly machine?: FakeIptablesOptions;
  readonly nft?: string;
  readonly legacy?: string;
  readonly settings?: Partial<ProxySettings>;
  readonly expect: string;
}

test.each<readonly [string, Row]>([
  ['the system’s default where nothing is', { expect: 'nft' }],
  ['the system’s default where nothing is', { machine: { plain: 'legacy' }, expect: 'legacy' }],
  ['the kubelet’s hint', { legacy: HINT, nft: rules(9), expect: 'legacy' }],
  ['the kubelet’s hint', { machine: { plain: 'legacy' }, nft: HINT, legacy: rules(9), expect: 'nft' }],
  ['the hint of an older kubelet', { legacy: CANARY, expect: 'legacy' }],
  ['the backend with more rules', { nft: rules(2), legacy: rules(3), expect: 'legacy' }],
  [
    'the backend with more rules',
    { machine: { plain: 'legacy' }, nft: rules(3), legacy: rules(2), expect: 'nft' },
  ],
  ['the only one', { machine: { variants: ['legacy'] }, nft: HINT, expect: 'legacy' }],
  ['what the operator chose', { settings: { iptablesBackend: 'legacy' }, nft: HINT, expect: 'legacy' }],
])('takes %s: %j', async (_, { machine, nft, legacy, settings, expect: variant }) => {
  const exec = new FakeIptables(machine);
  if (nft !== undefined) exec.load('nft', nft);
  if (legacy !== undefined) exec.load('legacy', legacy);
  const { tools } = await findTools(exec, proxySettings(settings), new FakeLog());
  expect(tools.map((found) => `${found.family} ${found.variant}`)).toEqual([
    `IPv4 ${variant}`,
    `IPv6 ${variant}`,
  ]);
  expect(tools[1]?.restore).toBe(`ip6tables-${variant}-restore`);
});

test('asks iptables-legacy for no table by name: that would load it', async () => {
  const exec = new FakeIptables();
  const seen: string[] = [];
  exec.onRun = (argv) => {
    seen.push(argv.join(' '));
    return undefined;
  };
  await findTools(exec, proxySettings(), new FakeLog());
  expect(seen).toContain('iptables-legacy-save');
  expect(seen.filter((line) => line.startsWith('iptables-legacy') && line.includes('-t '))).toEqual([]);
});

test('finds programs without a suffix', async () => {
  const exec = new FakeIptables();
  exec.onRun = (argv) =>
    /-(nft|legacy)/.test(argv[0] ?? '') ? { code: 127, stdout: '', stderr: 'not found' } : undefined;
  const {
    tools: [tools],
  } = await findTools(exec, proxySettings(), new FakeLog());
  expect(tools).toMatchObject({ variant: 'nft', restore: 'iptables-restore', save: 'iptables-save' });
});

test('leaves a family out that does not work, and says so in one line', async () => {
  const log = new FakeLog();
  const { tools } = await findTools(new FakeIptables({ ipv6: false }), proxySettings(), log);
  expect(tools.map(({ family }) => family)).toEqual(['IPv4']);
  expect(log.messages()).toEqual([
    expect.stringMatching(/^leaving out IPv6: ip6tables-nft exits with 3: .*Table does not exist$/),
  ]);
});

test.each<readonly [string, FakeIptablesOptions, Partial<ProxySettings>, RegExp]>([
  ['no iptables', { variants: [] }, {}, /^iptables is not installed$/],
  [
    'not the backend that was chosen',
    { variants: ['legacy'] },
    { iptablesBackend: 'nft' },
    /^iptables-nft is not installed$/,
  ],
  [
    'not a family that was chosen',
    { ipv6: false },
    { families: ['IPv4', 'IPv6'] },
    /^cannot program IPv6: ip6tables-nft exits with 3/,
  ],
])('%s is an error that no retry heals', async (_, machine, settings, message) => {
  const found = findTools(new FakeIptables(machine), proxySettings(settings), new FakeLog());
  await expect(found).rejects.toThrow(message);
  await expect(found).rejects.toBeInstanceOf(IptablesMissingError);
});

test.each([
  ['1.8.9', ['-w', '30'], true],
  ['1.6.2', ['-w', '30'], true],
  ['1.6.1', [], false],
  ['1.4.21', [], false],
])(
  'iptables %s waits for the lock with %j, and knows --random-fully: %s',
  async (version, wait, randomFully) => {
    const found = await findTools(new FakeIptables({ version }), proxySettings(), new FakeLog());
    expect(found.tools[0]).toMatchObject({ wait, randomFully });
  },
);
