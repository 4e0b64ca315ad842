import { expect, test } from 'vitest';
import type { ExecResult } from '../../src/host/exec.ts';
import { tryRules } from '../../src/preflight/gather/tryRules.ts';
import { toolsOf } from '../../src/proxy/iptables/kernel/tools.ts';

const TOOLS = [toolsOf({ variant: 'nft', suffix: '-nft', version: 'iptables v1.8.9 (nf_tables)' }, 'IPv4')];

// Where rules cannot be tried, nothing may be said of the kernel: neither that it is fine nor that it refuses.
test.each<readonly [string, ExecResult, string]>([
  [
    'no unshare, as in the image',
    { code: 127, stdout: '', stderr: 'unshare: spawn unshare ENOENT' },
    'no unshare and no shell are here, as in the container image',
  ],
  [
    'no shell',
    { code: 127, stdout: '', stderr: 'unshare: failed to execute sh: No such file or directory' },
    'no unshare and no shell are here, as in the container image',
  ],
  [
    'no right to',
    { code: 1, stdout: '', stderr: 'unshare: unshare failed: Operation not permitted\n' },
    'unshare: unshare failed: Operation not permitted',
  ],
  ['no reason given', { code: 1, stdout: '', stderr: '' }, 'unshare fails'],
])('%s', async (_, result, why) => {
  const run: string[][] = [];
  const exec = {
    run(argv: readonly string[]): Promise<ExecResult> {
      run.push([...argv]);
      return Promise.resolve(result);
    },
  };
  expect(await tryRules(exec, TOOLS)).toEqual({ kind: 'unknown', why });
  expect(run).toHaveLength(1);
});
