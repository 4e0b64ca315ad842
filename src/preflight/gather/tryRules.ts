/** Whether the kernel takes each match and target that our rules have, tried where nothing comes to harm. */
import type { Exec, ExecResult } from '../../host/exec.ts';
import { FAMILIES } from '../../net/ip.ts';
import type { Tools } from '../../proxy/iptables/kernel/tools.ts';
import { found, type Looked, unknown } from '../looked.ts';
import type { Refused } from '../nodeFacts.ts';

interface Sample {
  readonly what: string;
  readonly table: 'nat' | 'filter' | 'raw';
  readonly rule: string;
  /** What does not work without; empty: nothing does. */
  readonly lost: string;
}

const SET = 'FAIRLEAD-TRIAL';

const SAMPLES: readonly Sample[] = [
  ...(
    [
      ['comment', '-m comment --comment "a b"'],
      ['conntrack', '-m conntrack --ctstate NEW'],
      ['addrtype', '-m addrtype --dst-type LOCAL'],
      ['mark', '-m mark --mark 0x4000/0x4000'],
      ['statistic', '-m statistic --mode random --probability 0.5'],
    ] as const
  ).map(([match, text]) => ({ what: `match "${match}"`, table: 'nat', rule: text, lost: '' }) as const),
  {
    what: 'match "recent"',
    table: 'nat',
    rule: `-m recent --name ${SET} --rcheck --seconds 1 --reap`,
    lost: 'sessionAffinity has no effect',
  },
  { what: 'target "MARK"', table: 'nat', rule: '-j MARK --or-mark 0x4000', lost: '' },
  { what: 'target "MASQUERADE"', table: 'nat', rule: '-j MASQUERADE', lost: '' },
  { what: 'target "REJECT"', table: 'filter', rule: '-j REJECT', lost: '' },
  { what: 'target "CT"', table: 'raw', rule: '-j CT --notrack', lost: 'DNS cannot be answered on this node' },
  {
    what: 'match "set"',
    table: 'raw',
    rule: `-m set --match-set ${SET} dst`,
    lost: 'DNS cannot be answered on this node',
  },
];

const TIMEOUT_MS = 60_000;
/** The set must be in the same namespace as the rule, and each `unshare` makes a new one. */
const SCRIPT = `ipset create ${SET} hash:ip timeout 3 family "$1" 2>/dev/null; exec "$0" --noflush`;

/** Each in a network namespace of its own, which is gone when the program ends. Needs root. */
export async function tryRules(exec: Exec, tools: readonly Tools[]): Promise<Looked<readonly Refused[]>> {
  const able = await exec.run(['unshare', '-n', 'sh', '-c', ':'], { timeoutMs: TIMEOUT_MS });
  if (able.code !== 0) return unknown(whyUnable(able));
  const refused: Refused[] = [];
  for (const each of tools.toSorted((a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family))) {
    if ((await refusal(exec, each, SAMPLES)) === undefined) continue;
    for (const sample of SAMPLES) {
      const why = await refusal(exec, each, [sample]);
      if (why === undefined) continue;
      refused.push({ family: each.family, what: sample.what, lost: sample.lost, why });
    }
  }
  return found(refused);
}

/** 127 is that of a program that is not there: unshare itself, or the shell. */
function whyUnable({ code, stderr }: ExecResult): string {
  if (code === 127) return 'no unshare and no shell are here, as in the container image';
  return stderr.trim().split('\n')[0] || 'unshare fails';
}

/** What iptables says against these rules; `undefined` when it takes them. */
async function refusal(exec: Exec, tools: Tools, samples: readonly Sample[]): Promise<string | undefined> {
  const tables = Map.groupBy(samples, ({ table }) => table);
  const input = [...tables].map(
    ([table, rules]) =>
      `*${table}\n:${SET} - [0:0]\n${rules.map(({ rule }) => `-A ${SET} ${rule}\n`).join('')}COMMIT\n`,
  );
  const set = tools.family === 'IPv4' ? 'inet' : 'inet6';
  const argv = ['unshare', '-n', 'sh', '-c', SCRIPT, tools.restore, set] as const;
  const { code, stderr } = await exec.run(argv, { stdin: input.join(''), timeoutMs: TIMEOUT_MS });
  if (code === 0) return undefined;
  return stderr.trim().split('\n')[0] || `exit code ${code}`;
}
