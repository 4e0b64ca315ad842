/** A configuration as JSON can hold it. */
import type { DnsConfiguration } from '../../config/dnsConfiguration.ts';

/** For `/configz`: regular expressions as their text. */
export function plainConfiguration(configuration: DnsConfiguration): unknown {
  const text = JSON.stringify(configuration, (_, value: unknown) =>
    value instanceof RegExp ? String(value) : value,
  );
  return JSON.parse(text);
}
