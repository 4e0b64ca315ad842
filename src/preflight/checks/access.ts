/** Whether the API server lets us in, and to what. */
import { describeAccess } from '../../kube/transport/access.ts';
import { serverAddress } from '../../kube/transport/serverAddress.ts';
import type { AccessAnswer, ClusterFacts, NodeObject } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';

/** Minor versions of Kubernetes 1. */
const TRIED = { from: 28, to: 36 } as const;
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

export function checkAccess({ settings, cluster }: Facts): readonly Finding[] {
  switch (cluster.kind) {
    case 'absent':
      return [];
    case 'unknown':
      return [blocker('API server', cluster.why, 'the agent needs it: see --kubeconfig')];
    case 'found':
      return [
        version(cluster.value),
        ...(settings.proxy ? serverAt(cluster.value) : []),
        ...nodes(cluster.value, settings.nodeName),
        ...rights(cluster.value.access),
      ];
    default:
      return cluster satisfies never;
  }
}

function version({ server, version: text }: ClusterFacts): Finding {
  const [, minor = ''] = /^v1\.(\d+)/.exec(text) ?? [];
  const number = Number(minor);
  const found = `${server} answers: Kubernetes ${text}`;
  return number >= TRIED.from && number <= TRIED.to
    ? ok('API server', found)
    : warning('API server', found, `tried with 1.${TRIED.from} to 1.${TRIED.to} only`);
}

function serverAt({ server, apiService }: ClusterFacts): Finding[] {
  const address = serverAddress(server);
  if (address === undefined || valueOf(apiService)?.includes(address) !== true) return [];
  return [
    warning(
      'API server',
      `${address} is the clusterIP of Service default/kubernetes`,
      "on a node that starts anew it leads nowhere before the agent's rules: give the agent the API server's own address",
    ),
  ];
}

function nodes({ nodes: looked }: ClusterFacts, own: string): Finding[] {
  if (looked.kind !== 'found') return [];
  const all = looked.value;
  const odd = all.filter(({ platform }) => !PLATFORMS.includes(platform));
  const findings = [ok('nodes', `${all.length}, ${kernels(all)}`)];
  for (const { name, platform } of odd.slice(0, 3)) {
    findings.push(
      warning('nodes', `${name} is ${platform}`, `no image for it: ${PLATFORMS.join(' and ')} only`),
    );
  }
  if (!all.some(({ name }) => name === own)) {
    findings.push(
      warning('nodes', `none is called ${own}`, 'on a node, --node-name must be the name of its Node object'),
    );
  }
  return findings;
}

function kernels(all: readonly NodeObject[]): string {
  const found = [...new Set(all.map(({ kernel }) => kernel))].toSorted((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const [first = 'none'] = found;
  return found.length > 1 ? `Linux ${first} to ${found.at(-1)}` : `Linux ${first}`;
}

function rights(answers: readonly AccessAnswer[]): Finding[] {
  const findings = answers.flatMap(({ access, denied, unasked }) => {
    const what = describeAccess(access);
    if (unasked !== '') return [warning('RBAC', `${what}: not known: ${unasked}`, '')];
    if (denied.length === 0) return [];
    const text = `these credentials may not ${denied.join(' or ')} ${what}`;
    return [blocker('RBAC', text, 'use the ClusterRole of the deployment')];
  });
  if (findings.length > 0) return findings;
  return [
    ok(
      'RBAC',
      `these credentials may ${answers.map(({ access }) => `${access.verbs.join('/')} ${describeAccess(access)}`).join(', ')}`,
    ),
  ];
}
