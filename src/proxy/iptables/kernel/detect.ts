/** Which iptables backend this node uses, and which families work. */
import type { Exec } from '../../../host/exec.ts';
import { FAMILIES } from '../../../net/ip.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { ProxySettings } from '../../settings.ts';
import { LineReader } from '../../../host/lineReader.ts';
import {
  type Installed,
  installedVariants,
  IptablesMissingError,
  plainVariant,
  type Tools,
  toolsOf,
  whyNot,
} from './tools.ts';

/** The kubelet makes these chains so that others find the backend that the host uses. */
const HINT = /^:(KUBE-IPTABLES-HINT|KUBE-KUBELET-CANARY) /;

/** What of iptables is to be used here. */
export interface FoundTools {
  /** Of each family that works, IPv4 first; at least one. */
  readonly tools: readonly Tools[];
  /** Why this backend and not the other: `the kubelet's hint`. */
  readonly because: string;
  /** Why the other families cannot be programmed, one line each. */
  readonly leftOut: readonly string[];
}

interface Choice {
  readonly installed: Installed;
  readonly because: string;
}

/** Throws IptablesMissingError when none does. */
export async function findTools(exec: Exec, settings: ProxySettings, log: Log): Promise<FoundTools> {
  const { installed, because } = await choose(exec, settings.iptablesBackend);
  const wanted = settings.families === 'auto' ? FAMILIES : settings.families;
  const found: Tools[] = [];
  const leftOut: string[] = [];
  for (const family of wanted) {
    const tools = toolsOf(installed, family);
    const reason = await whyNot(exec, tools);
    if (reason === undefined) {
      found.push(tools);
      continue;
    }
    if (settings.families !== 'auto') throw new IptablesMissingError(`cannot program ${family}: ${reason}`);
    log.info({ family, reason }, `leaving out ${family}: ${reason}`);
    leftOut.push(`${family}: ${reason}`);
  }
  if (found.length === 0) throw new IptablesMissingError(`cannot program any family: ${leftOut.join('; ')}`);
  return { tools: found, because, leftOut };
}

async function choose(exec: Exec, fixed: ProxySettings['iptablesBackend']): Promise<Choice> {
  const installed = await installedVariants(exec);
  const nft = installed.find(({ variant }) => variant === 'nft');
  const legacy = installed.find(({ variant }) => variant === 'legacy');
  if (fixed !== 'auto') {
    const chosen = fixed === 'nft' ? nft : legacy;
    if (chosen === undefined) throw new IptablesMissingError(`iptables-${fixed} is not installed`);
    return { installed: chosen, because: '--iptables-backend' };
  }
  if (nft === undefined || legacy === undefined) {
    const only = nft ?? legacy;
    if (only === undefined) throw new IptablesMissingError('iptables is not installed');
    return { installed: only, because: 'the only one installed' };
  }
  const hinted = "the kubelet's hint";
  if ((await lookAt(exec, nft, ['-t', 'mangle'])).hint) return { installed: nft, because: hinted };
  // Never a table by name: asking iptables-legacy for one that is not there loads it into the kernel.
  const inLegacy = await lookAt(exec, legacy, []);
  if (inLegacy.hint) return { installed: legacy, because: hinted };
  const plain = (await plainVariant(exec))?.variant === 'legacy' ? legacy : nft;
  const usual = { installed: plain, because: "this system's default" };
  if (inLegacy.rules === 0 && plain === nft) return usual;
  const inNft = await lookAt(exec, nft, []);
  if (inLegacy.rules === inNft.rules) return usual;
  return { installed: inLegacy.rules > inNft.rules ? legacy : nft, because: 'it holds more rules' };
}

interface Look {
  readonly hint: boolean;
  readonly rules: number;
}

/** Both families; one that cannot be looked at counts for nothing. */
async function lookAt(exec: Exec, installed: Installed, args: readonly string[]): Promise<Look> {
  let hint = false;
  let rules = 0;
  const lines = new LineReader((line) => {
    if (line.startsWith('-A ')) rules++;
    hint ||= HINT.test(line);
  });
  for (const family of FAMILIES) {
    await exec.run([toolsOf(installed, family).save, ...args], { onStdout: (piece) => lines.push(piece) });
  }
  return { hint, rules };
}
