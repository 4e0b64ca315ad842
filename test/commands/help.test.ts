import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandIo } from '../../src/commands/line/command.ts';
import { type CommandTable, dispatch } from '../../src/commands/line/dispatch.ts';

const NAMES = ['run', 'render', 'preflight', 'config', 'status', 'explain', 'mode', 'cleanup'] as const;
const TABLE: CommandTable = {
  run: () => import('../../src/commands/run.ts'),
  render: () => import('../../src/commands/render.ts'),
  preflight: () => import('../../src/commands/preflight.ts'),
  config: () => import('../../src/commands/config.ts'),
  status: () => import('../../src/commands/status.ts'),
  explain: () => import('../../src/commands/explain.ts'),
  mode: () => import('../../src/commands/mode.ts'),
  cleanup: () => import('../../src/commands/cleanup.ts'),
};

async function call(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io: CommandIo = {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    env: { NODE_NAME: 'n1' },
  };
  const code = await dispatch(TABLE, argv, io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe.each(NAMES)('fairlead %s --help', (name) => {
  test('is as printed', async () => {
    const { code, out, err } = await call(name, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(`${out}\n`).toMatchFileSnapshot(join(import.meta.dirname, `../golden/help/${name}.txt`));
  });

  test('fits a terminal of 120 columns', async () => {
    const { out } = await call(name, '--help');
    expect(out.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });
});

test.each([['--help'], ['-h'], ['help']])('fairlead %s lists the commands', async (flag) => {
  const { code, out } = await call(flag);
  expect(code).toBe(0);
  await expect(`${out}\n`).toMatchFileSnapshot(join(import.meta.dirname, '../golden/help/fairlead.txt'));
});

test('help after -- is an argument like any other', async () => {
  const { code, err } = await call('mode', '--', '--help');
  expect({ code, err }).toMatchObject({
    code: 2,
    err: expect.stringContaining('"--help" is none of iptables, userspace, nftables'),
  });
});

test.each([
  ['', 'fairlead: no command given (see fairlead --help)'],
  ['rnu', 'fairlead: unknown command "rnu"; did you mean run? (see fairlead --help)'],
  ['toString', 'fairlead: unknown command "toString" (see fairlead --help)'],
  ['help stauts', 'fairlead: unknown command "stauts"; did you mean status? (see fairlead --help)'],
  [
    'status --ouput json',
    'fairlead status: unknown flag --ouput; did you mean --output? (see fairlead status --help)',
  ],
  ['status -o xml', 'fairlead status: --output: "xml" is none of text, json (see fairlead status --help)'],
  ['status extra', 'fairlead status: unexpected argument "extra" (see fairlead status --help)'],
  ['mode ipvs', 'fairlead mode: "ipvs" is none of iptables, userspace, nftables (see fairlead mode --help)'],
  [
    'run --proxy off --dns off',
    'fairlead run: --proxy off and --dns off leave nothing to do (see fairlead run --help)',
  ],
  [
    'run --once --proxy off',
    'fairlead run: --once programs rules: not with --proxy off (see fairlead run --help)',
  ],
  ['config', 'fairlead config: show what? config show (see fairlead config --help)'],
  ['config set', 'fairlead config: unknown word "set": config show (see fairlead config --help)'],
  [
    'preflight --only cluster',
    'fairlead preflight: --only cluster needs --kubeconfig, or a pod of the cluster (see fairlead preflight --help)',
  ],
  [
    'preflight --only pods',
    'fairlead preflight: --only: "pods" is none of node, cluster (see fairlead preflight --help)',
  ],
  [
    'render --family ipx',
    'fairlead render: --family: "ipx" is none of ipv4, ipv6 (see fairlead render --help)',
  ],
  [
    'render --masquerade-bit 99',
    'fairlead render: --masquerade-bit: "99" is no whole number from 0 to 31 (see fairlead render --help)',
  ],
])('fairlead %s is wrong usage: code 2 and one line', async (line, message) => {
  expect(await call(...line.split(' ').filter(Boolean))).toEqual({ code: 2, out: '', err: message });
});

test.each(['status', 'mode'])(
  'fairlead %s without an agent is a failure: code 1 and one line',
  async (name) => {
    expect(await call(name, '--run-dir', '/nonexistent')).toEqual({
      code: 1,
      out: '',
      err: `fairlead ${name}: no agent runs here: nobody answers on /nonexistent/fairlead.sock`,
    });
  },
);

test('an error of many lines is told in one', async () => {
  const err: string[] = [];
  const failing = {
    name: 'x',
    summary: '',
    usage: '',
    run: () => Promise.reject(new Error('one\n  two\n\nthree')),
  };
  const io: CommandIo = { stdout: () => undefined, stderr: (text) => err.push(text), env: {} };
  expect(await dispatch({ x: async () => ({ command: failing }) }, ['x'], io)).toBe(1);
  expect(err).toEqual(['fairlead x: one two three']);
});

test('in a place that is no cluster, run says what to give', async () => {
  const { code, err } = await call('render');
  expect(code).toBe(1);
  expect(err).toMatch(/^fairlead render: not in a cluster: .*--kubeconfig or --manifests\)$/);
});
