/** Following a DNS configuration, where the settings name one. */
import type { Environment } from '../../../config/corefile/lexer.ts';
import type { DnsConfiguration } from '../../../config/dnsConfiguration.ts';
import type { Settings } from '../../../config/settings.ts';
import type { Clock } from '../../../host/clock.ts';
import type { Connection } from '../../../kube/transport/connection.ts';
import type { Log } from '../../../telemetry/log.ts';
import { configMapSource } from './configMapSource.ts';
import { DnsConfigurator } from './configurator.ts';
import { fileSource } from './fileSource.ts';
import { groundOf } from './ground.ts';
import type { ConfigSource } from './source.ts';

export interface DnsConfigHost {
  readonly env: Environment;
  /** To the API server; absent with manifests. */
  readonly connection: Connection | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts what the settings say in force, and then what a followed configuration says; `undefined` without one. */
export async function openDnsConfig(
  settings: Settings,
  host: DnsConfigHost,
  apply: (configuration: DnsConfiguration) => Promise<void>,
): Promise<DnsConfigurator | undefined> {
  const ground = groundOf(settings);
  await apply(ground.configuration);
  const source = await sourceOf(settings, host);
  if (source === undefined) return undefined;
  const configurator = new DnsConfigurator({ ...host, source, ground, apply });
  await configurator.start();
  return configurator;
}

async function sourceOf(
  { dnsConfig, dnsConfigMaps }: Settings,
  { connection, clock, log }: DnsConfigHost,
): Promise<ConfigSource | undefined> {
  if (dnsConfig !== '') return fileSource(dnsConfig, clock);
  if (dnsConfigMaps.length === 0) return undefined;
  if (connection === undefined) {
    log.warn({}, '--dns-config-map has no effect beside --manifests: there is no API server to ask');
    return undefined;
  }
  const { createConfigMapSource } = await import('../../../kube/configMaps.ts');
  const names = dnsConfigMaps.map((key) => {
    const [namespace = '', name = ''] = key.split('/');
    return { namespace, name };
  });
  return configMapSource(dnsConfigMaps, createConfigMapSource({ connection, names, clock, log }));
}
