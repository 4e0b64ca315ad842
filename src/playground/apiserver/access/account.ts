/** Who asks: a ServiceAccount, as RBAC names it. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** `system:serviceaccount:kube-system:fairlead` */
export function userOf({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups of every ServiceAccount. */
export function groupsOf({ namespace }: Account): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
