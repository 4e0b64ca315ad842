/** What the DNS configurations of other programs come to here. */
import type { RuleBlock } from '../dns/rules/rule.ts';
import type { DnsSettings, ForwardSettings } from '../dns/settings.ts';
import type { Place } from './place.ts';

export interface DnsConfiguration {
  readonly zone: ZoneSettings;
  readonly forwarding: ForwardSettings;
  readonly rules: readonly RuleBlock[];
}

/** Of the cluster's own names. */
export type ZoneSettings = Pick<DnsSettings, 'ttl' | 'pods'>;

export interface ReadConfiguration {
  readonly configuration: DnsConfiguration;
  readonly remarks: readonly Remark[];
}

export interface Remark extends Place {
  /** `note`: done in another way, nothing is lost. `warning`: not done. */
  readonly level: 'note' | 'warning';
  readonly message: string;
}
