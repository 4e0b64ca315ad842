/** Rules that are in the kernel, as far as packets to some ports can meet them. */
import { type Ruleset, RulesetReader } from '../../explain/tracer/ruleset.ts';
import type { Exec } from '../../host/exec.ts';
import { LineReader } from '../../host/lineReader.ts';
import type { Tools } from '../../proxy/iptables/kernel/tools.ts';
import { endpointChain, isServiceChain, isTreeChain, portChains } from '../../proxy/iptables/rules/names.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';

const TIMEOUT_MS = 300_000;
/** Chains that somebody else wrote may jump to others again; a circle must end. */
const MOST_READINGS = 4;

/**
 * Only what these ports need of the chains that Services have of their own: there may be tens of thousands.
 * @throws Error with what the program says
 */
export async function readRules(exec: Exec, tools: Tools, plans: readonly PortPlan[]): Promise<Ruleset> {
  return read(exec, tools, chainsOf(plans));
}

/** As `readRules`, with what the chains of these ports jump to, though they should not. */
export async function readAllRules(exec: Exec, tools: Tools, plans: readonly PortPlan[]): Promise<Ruleset> {
  const needed = new Set(chainsOf(plans));
  for (let readings = 1; ; readings++) {
    const ruleset = await read(exec, tools, needed);
    const strange = strangeTargets(ruleset, needed);
    if (strange.length === 0 || readings === MOST_READINGS) return ruleset;
    for (const name of strange) needed.add(name);
  }
}

function chainsOf(plans: readonly PortPlan[]): ReadonlySet<string> {
  return new Set(
    plans.flatMap((plan) => [
      ...Object.values(portChains(plan)),
      ...plan.reachable.map(({ text }) => endpointChain(plan, text)),
    ]),
  );
}

function strangeTargets(ruleset: Ruleset, needed: ReadonlySet<string>): readonly string[] {
  const nat = ruleset.get('nat');
  return [...needed]
    .flatMap((name) => nat?.get(name)?.texts ?? [])
    .flatMap((rule) => / -[jg] (\S+)/.exec(` ${rule}`)?.[1] ?? [])
    .filter((target) => isServiceChain(target) && !needed.has(target));
}

async function read(exec: Exec, tools: Tools, needed: ReadonlySet<string>): Promise<Ruleset> {
  const reader = new RulesetReader((name) => !isServiceChain(name) || isTreeChain(name) || needed.has(name));
  const lines = new LineReader((line) => reader.line(line));
  const options = { timeoutMs: TIMEOUT_MS, onStdout: (piece: string) => lines.push(piece) };
  const { code, stderr } = await exec.run([tools.save], options);
  if (code !== 0) throw new Error(`${tools.save} exits with ${code}: ${stderr.trim()}`);
  lines.push('\n');
  return reader.ruleset;
}
