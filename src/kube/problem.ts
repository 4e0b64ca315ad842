/** Something in an object that we cannot use, told so that its owner can find it. */
import type { ObjectRef } from './records.ts';

export interface Problem {
  /** `kind` is free text here: a manifest can hold kinds that we know only by name. */
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** Path of the field as kubectl explains it: `spec.ports[0].port`. Empty when the whole object is meant. */
  readonly field: string;
  /** What is wrong with it, with the value: `0 is not a port (1-65535)`. */
  readonly message: string;
  /** One word for programs that read Events. Absent: `Unusable`. */
  readonly reason?: ProblemReason;
  /** Where it was read, when that is not the API: `services.yaml, document 2`. */
  readonly origin?: string;
}

/**
 * `Unusable`: the object's own fault. `UpstreamDNSUnusable`: a server of the Node's resolv.conf cannot be asked.
 * `RulesRefused`: this machine takes no rules for it. `AffinityUnsupported`: routed, every connection by itself.
 * `NotRelayed`: routed by the kernel, though userspace mode is wanted. `FailedToStartServiceHealthcheck`, as
 * kube-proxy: its port cannot be listened on.
 */
export type ProblemReason =
  | 'Unusable'
  | 'RulesRefused'
  | 'AffinityUnsupported'
  | 'NotRelayed'
  | 'UpstreamDNSUnusable'
  | 'FailedToStartServiceHealthcheck';

/** `Service shop/web: spec.ports[0].port: 0 is not a port (1-65535)` */
export function describeProblem(problem: Problem): string {
  const origin = problem.origin === undefined ? '' : `${problem.origin}: `;
  const field = problem.field === '' ? '' : `${problem.field}: `;
  return `${origin}${describeObject(problem.object)}: ${field}${problem.message}`;
}

/** `Service shop/web`, `Node worker-1` */
export function describeObject(object: Problem['object'] | ObjectRef): string {
  return `${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`;
}
