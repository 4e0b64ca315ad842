/** What a name stands for. One name has one place, whatever type is asked: that alone decides whether it exists. */
import type { ServiceEntry } from '../../../catalog/picture.ts';

export type Place =
  /** `keeper` alone can make it exist: a Service, a namespace, or `NOBODY`. `undefined`: it must be asked each time. */
  | { readonly kind: 'absent'; readonly reason: string; readonly keeper: string | undefined }
  /** Exists, and holds nothing itself: `svc`, a namespace, `_tcp`. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'apex' }
  | { readonly kind: 'version' }
  | { readonly kind: 'nameServer' }
  | { readonly kind: 'alias'; readonly entry: ServiceEntry }
  | {
      readonly kind: 'hosts';
      readonly entry: ServiceEntry;
      readonly hosts: readonly Host[];
      readonly lasting: boolean;
    }
  | { readonly kind: 'pod'; readonly address: string }
  | { readonly kind: 'pointer'; readonly targets: readonly string[]; readonly lasting: boolean };

/** A machine behind a name. */
export interface Host {
  /** Its own name, relative to the cluster domain: `web.shop.svc`, `10-1-0-7.web.shop.svc`. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** Numbers of the ports that the name asks for. */
  readonly ports: readonly number[];
}

export const EMPTY: Place = { kind: 'empty' };

/** Keeps what the names' grammar alone decides. */
export const NOBODY = '';

export function absent(reason: string, keeper: string | undefined): Place {
  return { kind: 'absent', reason, keeper };
}
