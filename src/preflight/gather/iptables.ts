/** What both backends of iptables hold, and which one the agent would use. */
import { proxySettings } from '../../agent/routing/proxySettings.ts';
import type { Settings } from '../../config/settings.ts';
import type { Exec } from '../../host/exec.ts';
import { LineReader } from '../../host/lineReader.ts';
import { FAMILIES, type Family } from '../../net/ip.ts';
import { findTools } from '../../proxy/iptables/kernel/detect.ts';
import {
  type Installed,
  installedVariants,
  IptablesMissingError,
  type Tools,
  toolsOf,
} from '../../proxy/iptables/kernel/tools.ts';
import { QUIET_LOG } from '../../telemetry/quietLog.ts';
import { ABSENT, found, type Looked, unknown } from '../looked.ts';
import type { HeldRules, IptablesFacts } from '../nodeFacts.ts';

export interface GatheredIptables {
  readonly facts: Looked<IptablesFacts>;
  /** Of each family that can be programmed. */
  readonly tools: readonly Tools[];
}

export async function gatherIptables(exec: Exec, settings: Settings): Promise<GatheredIptables> {
  let installed: readonly Installed[];
  try {
    installed = await installedVariants(exec);
  } catch (error) {
    if (error instanceof IptablesMissingError) return { facts: ABSENT, tools: [] };
    throw error;
  }
  try {
    // What it would tell its log is among the facts.
    const { tools, because, leftOut } = await findTools(exec, proxySettings(settings), QUIET_LOG);
    const [first] = tools;
    if (first === undefined) return { facts: ABSENT, tools };
    const { variant } = first;
    const held: HeldRules[] = [];
    for (const each of installed) {
      for (const family of FAMILIES) held.push(await heldBy(exec, each, family));
    }
    const version = installed.find((each) => each.variant === variant)?.version ?? '';
    const families = tools.map(({ family }) => family);
    return { facts: found({ variant, because, version, families, leftOut, held }), tools };
  } catch (error) {
    if (!(error instanceof IptablesMissingError)) throw error;
    return { facts: unknown(error.message), tools: [] };
  }
}

/** Counted as the lines come: the rules of ten thousand Services are 30 MB of text. */
async function heldBy(exec: Exec, installed: Installed, family: Family): Promise<HeldRules> {
  let rules = 0;
  let serviceChains = 0;
  let canary = false;
  const lines = new LineReader((line) => {
    if (line.startsWith('-A ')) rules++;
    else if (/^:KUBE-S(VC|VL|EP)-/.test(line)) serviceChains++;
    else canary ||= line.startsWith(':KUBE-PROXY-CANARY ');
  });
  // Never a table by name: asking iptables-legacy for one that is not there loads it into the kernel.
  const { save } = toolsOf(installed, family);
  await exec.run([save], { onStdout: (piece) => lines.push(piece) });
  return { variant: installed.variant, family, rules, serviceChains, canary };
}
