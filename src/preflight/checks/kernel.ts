/** Whether this machine's kernel and programs can carry the rules. */
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';
import type { NodeFacts } from '../nodeFacts.ts';

/** Debian 10's and RHEL 8's: older ones were never tried. */
const OLDEST = [4, 18] as const;
/** Above it a busy node drops new connections soon. */
const FULL = 0.8;

export function checkKernel({ settings, node: looked }: Facts): readonly Finding[] {
  const node = valueOf(looked);
  if (node === undefined) return [];
  return [
    kernel(node),
    ...programs(node, settings.dns),
    ...refusals(node),
    ...(settings.proxy ? conntrack(node) : []),
  ];
}

function kernel({ kernel: release }: NodeFacts): Finding {
  const [major = 0, minor = 0] = release.split('.').map(Number.parseFloat);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return old
    ? warning(
        'kernel',
        `Linux ${release}`,
        `older than ${OLDEST.join('.')}, which is the oldest that was tried`,
      )
    : ok('kernel', `Linux ${release}`);
}

function programs({ missingPrograms: missing }: NodeFacts, dns: boolean): Finding[] {
  const findings = [];
  for (const program of missing) {
    if (program === 'nft') {
      findings.push(
        warning(
          'program nft',
          'is not installed',
          'tables that kube-proxy left in nftables mode are neither found nor removed',
        ),
      );
    } else if (program !== 'ipset' || dns) {
      findings.push(blocker(`program ${program}`, 'is not installed', `install ${program}`));
    }
  }
  return findings;
}

function refusals({ refused }: NodeFacts): Finding[] {
  if (refused.kind === 'absent') return [];
  const check = 'kernel modules';
  if (refused.kind === 'unknown') {
    return [
      warning(
        check,
        `were not tried: ${refused.why}`,
        'run preflight as root on the node itself, outside of a container; else the first sync tells',
      ),
    ];
  }
  if (refused.value.length === 0) return [ok(check, 'every match and target of the rules is there')];
  return refused.value.map(({ family, what, lost, why }) => {
    const text = `${family}: the kernel refuses ${what}: ${why}`;
    return lost === ''
      ? blocker(check, text, 'load the module, or use a kernel that has it')
      : warning(check, text, `without it ${lost}`);
  });
}

function conntrack({ conntrack: table }: NodeFacts): Finding[] {
  const check = 'connection tracking';
  const found = valueOf(table);
  if (found === undefined) {
    return [warning(check, 'is not loaded', 'the first rule of Services loads nf_conntrack, where it may')];
  }
  const text = `${found.count} of ${found.max} entries are in use`;
  return [
    found.count > FULL * found.max
      ? warning(check, text, 'raise --conntrack-max-per-core or --conntrack-min')
      : ok(check, text),
  ];
}
