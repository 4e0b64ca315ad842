/** The iptables programs of this machine, one set for each family and backend. */
import type { Exec } from '../../../host/exec.ts';
import type { Family } from '../../../net/ip.ts';

/** iptables has two backends in the kernel, and the rules of one are invisible to the other. */
export type Variant = 'nft' | 'legacy';

export interface Tools {
  readonly family: Family;
  readonly variant: Variant;
  readonly iptables: string;
  readonly save: string;
  readonly restore: string;
  /** Arguments that make `restore` wait for the lock that all users of iptables-legacy share. */
  readonly wait: readonly string[];
  /** iptables knows `--random-fully`. */
  readonly randomFully: boolean;
}

/** A backend that is installed, and what its programs' names end in. */
export interface Installed {
  readonly variant: Variant;
  readonly suffix: '-nft' | '-legacy' | '';
  /** What `--version` says. */
  readonly version: string;
}

/** This machine cannot be programmed; no retry will change that. */
export class IptablesMissingError extends Error {
  override readonly name = 'IptablesMissingError';
}

const TIMEOUT_MS = 60_000;
/** How long `restore` waits for the lock. */
export const LOCK_SECONDS = '30';

/** Throws IptablesMissingError when there is none. */
export async function installedVariants(exec: Exec): Promise<readonly Installed[]> {
  const found: Installed[] = [];
  for (const variant of ['nft', 'legacy'] as const) {
    const version = await versionOf(exec, `iptables-${variant}`);
    if (version !== undefined) found.push({ variant, suffix: `-${variant}`, version });
  }
  if (found.length > 0) return found;
  // A system with one backend only may not name it in its programs.
  const plain = await plainVariant(exec);
  if (plain === undefined) throw new IptablesMissingError('iptables is not installed');
  return [plain];
}

/** The backend that `iptables` without a suffix stands for. */
export async function plainVariant(exec: Exec): Promise<Installed | undefined> {
  const version = await versionOf(exec, 'iptables');
  if (version === undefined) return undefined;
  return { variant: version.includes('nf_tables') ? 'nft' : 'legacy', suffix: '', version };
}

async function versionOf(exec: Exec, program: string): Promise<string | undefined> {
  const { code, stdout } = await exec.run([program, '--version'], { timeoutMs: TIMEOUT_MS });
  return code === 0 ? stdout.trim() : undefined;
}

export function toolsOf({ variant, suffix, version }: Installed, family: Family): Tools {
  const program = family === 'IPv4' ? 'iptables' : 'ip6tables';
  // Both came with iptables 1.6.2.
  const modern = !/ v(0|1\.[0-5]\.|1\.6\.[01]\b)/.test(version);
  return {
    family,
    variant,
    iptables: `${program}${suffix}`,
    save: `${program}${suffix}-save`,
    restore: `${program}${suffix}-restore`,
    wait: modern ? ['-w', LOCK_SECONDS] : [],
    randomFully: modern,
  };
}

/** Why a family cannot be programmed; `undefined` when it can. */
export async function whyNot(exec: Exec, tools: Tools): Promise<string | undefined> {
  // The one thing that both backends must have, and that a kernel without IPv6 NAT does not.
  const argv = [tools.iptables, '-w', LOCK_SECONDS, '-t', 'nat', '-S', 'POSTROUTING'] as const;
  const { code, stderr } = await exec.run(argv, { timeoutMs: TIMEOUT_MS });
  if (code === 0) return undefined;
  const reason = stderr.trim().split('\n')[0] ?? '';
  return `${tools.iptables} exits with ${code}${reason === '' ? '' : `: ${reason}`}`;
}
