/** What a request touches, in RBAC's terms, so that a refusal can name the rule that is missing. */
export interface Access {
  /** API group; empty for the core group. */
  readonly group: string;
  /** Plural resource name: `endpointslices`. */
  readonly resource: string;
  /** Every verb that the purpose needs, not only this request's: an operator then adds the rule once. */
  readonly verbs: readonly string[];
}

/** `services`, `endpointslices.discovery.k8s.io`: as kubectl names a resource. */
export function describeAccess(access: Access): string {
  return access.group === '' ? access.resource : `${access.resource}.${access.group}`;
}
