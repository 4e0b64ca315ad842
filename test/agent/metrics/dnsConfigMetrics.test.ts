import { expect, test } from 'vitest';
import { dnsConfigMetrics } from '../../../src/agent/metrics/dnsConfigMetrics.ts';
import type { DnsConfigState } from '../../../src/agent/names/config/configurator.ts';
import { read } from '../../config/corefile/read.ts';

async function stateOf(corefile: string, more: Partial<DnsConfigState> = {}): Promise<DnsConfigState> {
  const { configuration, remarks } = await read(corefile);
  return {
    source: 'Corefile',
    since: 1,
    hash: 'abc',
    configuration,
    remarks,
    error: '',
    failures: 0,
    ...more,
  };
}

function told(state: DnsConfigState | undefined): Record<string, unknown> {
  const families = dnsConfigMetrics(() => state);
  return Object.fromEntries(
    families.flatMap(({ name, samples }) =>
      [...samples()].map(({ labels, value }) => [name, [labels, value]]),
    ),
  );
}

const COREFILE = '. {\n dns64\n health\n hosts {\n 192.0.2.1 a b\n 192.0.2.2 c\n }\n}';

test('a configuration in force', async () => {
  expect(told(await stateOf(COREFILE))).toEqual({
    coredns_reload_failed_total: [{}, 0],
    coredns_reload_version_info: [{ hash: 'sha512', value: 'abc' }, 1],
    coredns_hosts_entries: [{}, 2],
    fairlead_dns_config_in_force: [{}, 1],
    // The line about health is honoured in another way.
    fairlead_dns_config_warnings: [{}, 1],
  });
});

test('one that could not be taken', async () => {
  const state = await stateOf(COREFILE, { error: 'Corefile:3: is wrong', failures: 2 });
  expect(told(state)).toMatchObject({
    coredns_reload_failed_total: [{}, 2],
    fairlead_dns_config_in_force: [{}, 0],
  });
});

test('without one there is nothing to tell', () => {
  expect(told(undefined)).toEqual({});
});
