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

/** The tools of each family that works, IPv4 first. Throws IptablesMissingError when none does. */
export async function findTools(exec: Exec, settings: ProxySettings, log: Log): Promise<readonly Tools[]> {
  const installed = await choose(exec, settings.iptablesBackend);
  const wanted = settings.families === 'auto' ? FAMILIES : settings.families;
  const found: Tools[] = [];
  const reasons: string[] = [];
  for (const family of wanted) {
    const tools = toolsOf(installed, family);
    const reason = await whyNot(exec, tools);
    if (reason === undefined) {
      found.push(tools);
      continue;
    }
    if (settings.families !== 'auto') throw new IptablesMissingError(`cannot program ${family}: ${reason}`);
    log.info({ family, reason }, `leaving out ${family}: ${reason}`);
    reasons.push(reason);
  }
  if (found.length === 0) throw new IptablesMissingError(`cannot program any family: ${reasons.join('; ')}`);
  return found;
}

async function choose(exec: Exec, fixed: ProxySettings['iptablesBackend']): Promise<Installed> {
  const installed = await installedVariants(exec);
  const nft = installed.find(({ variant }) => variant === 'nft');
  const legacy = installed.find(({ variant }) => variant === 'legacy');
  if (fixed !== 'auto') {
    const chosen = fixed === 'nft' ? nft : legacy;
    if (chosen === undefined) throw new IptablesMissingError(`iptables-${fixed} is not installed`);
    return chosen;
  }
  if (nft === undefined || legacy === undefined) {
    const only = nft ?? legacy;
    if (only === undefined) throw new IptablesMissingError('iptables is not installed');
    return only;
  }
  if ((await lookAt(exec, nft, ['-t', 'mangle'])).hint) return nft;
  // Never a table by name: asking iptables-legacy for one that is not there loads it into the kernel.
  const inLegacy = await lookAt(exec, legacy, []);
  if (inLegacy.hint) return legacy;
  const plain = (await plainVariant(exec))?.variant === 'legacy' ? legacy : nft;
  if (inLegacy.rules === 0 && plain === nft) return nft;
  const inNft = await lookAt(exec, nft, []);
  if (inLegacy.rules === inNft.rules) return plain;
  return inLegacy.rules > inNft.rules ? legacy : nft;
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
