/** What this machine's kernel cannot do, found out when it has refused something. */
import type { Exec } from '../../host/exec.ts';
import { restore } from './kernel/restore.ts';
import type { Tools } from './kernel/tools.ts';
import { PROBE_CHAIN } from './rules/names.ts';
import type { Capabilities } from './rules/options.ts';
import type { Rule } from './rules/rule.ts';
import { ruleText } from './rules/text.ts';

const SAMPLES: readonly { readonly capability: 'affinity' | 'randomFully'; readonly rule: Rule }[] = [
  {
    capability: 'affinity',
    rule: { matches: [{ kind: 'remembered', list: PROBE_CHAIN, seconds: 1 }], target: { kind: 'return' } },
  },
  { capability: 'randomFully', rule: { matches: [], target: { kind: 'masquerade', randomFully: true } } },
];

/**
 * The capabilities that are left, each tried in a chain of its own that nothing jumps to. Not done at start: a
 * healthy node pays nothing for it, and on a legacy backend each try would write the whole table.
 */
export async function probeCapabilities(
  exec: Exec,
  tools: Tools,
  before: Capabilities,
): Promise<Capabilities> {
  let left = before;
  // A plain rule first: where even that is refused, the trouble is another one.
  if (!(await accepted(exec, tools, { matches: [], target: { kind: 'return' } }))) return before;
  for (const { capability, rule } of SAMPLES) {
    if (left[capability] && !(await accepted(exec, tools, rule))) left = { ...left, [capability]: false };
  }
  return left;
}

async function accepted(exec: Exec, tools: Tools, rule: Rule): Promise<boolean> {
  const declare = `:${PROBE_CHAIN} - [0:0]\n`;
  try {
    await restore(exec, tools, [`*nat\n${declare}-A ${PROBE_CHAIN} ${ruleText(rule)}\nCOMMIT\n`]);
    await restore(exec, tools, [`*nat\n${declare}-X ${PROBE_CHAIN}\nCOMMIT\n`]);
    return true;
  } catch {
    return false;
  }
}
