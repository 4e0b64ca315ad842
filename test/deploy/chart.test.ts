/** The Helm chart is deploy/base and its components, with values in it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chartFiles } from '../../scripts/chart.ts';
import { type Json, type JsonObject, objectAt, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { hasHelm, template, WITHOUT_HELM } from './support/helm.ts';
import { DEPLOY, hasKubectl, render, WITHOUT_KUBECTL } from './support/kustomize.ts';
import { settingsOf } from './support/objects.ts';
import { faultsOf } from './support/schema.ts';

test('the chart is what node scripts/chart.ts makes of the base now', () => {
  const chart = join(DEPLOY, 'helm/fairlead');
  const paths = readdirSync(chart, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(chart, path)).isFile(),
  );
  const committed = new Map(paths.map((path) => [path, readFileSync(join(chart, path), 'utf8')]));
  const sorted = (files: ReadonlyMap<string, string>) => [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(committed)).toEqual(sorted(chartFiles()));
});

const SERVER = 'apiServer.host=192.0.2.10';

describe.skipIf(!hasHelm || !hasKubectl)(`helm${WITHOUT_HELM}${WITHOUT_KUBECTL}`, () => {
  /** With these values the chart and these components say the same. */
  test.each<readonly [components: string, values: readonly string[]]>([
    ['base', []],
    ['+dns-only', ['proxy=false']],
    ['+proxy-only', ['dns=false']],
    ['+userspace', ['flags={--mode=userspace}']],
    ['+node-local', ['flags={--dns-node-local=169.254.20.10}']],
    ['+search-path', ['flags={--dns-search-path=on}', 'watchPods=true']],
    ['+startup-taint', ['startupTaint=fairlead.dev/not-ready']],
    ['+monitoring', ['monitoring=true']],
  ])('%s is the chart with %j', (components, values) => {
    expect(comparable(template('kube-system', SERVER, ...values))).toEqual(comparable(render(components)));
  });

  test('is what the API takes, in another namespace too', async () => {
    const objects = template(
      'net',
      SERVER,
      'monitoring=true',
      'watchPods=true',
      'image=registry.example/f:1',
    );
    expect((await Promise.all(objects.map(faultsOf))).flat()).toEqual([]);
    const namespaces = objects.map((object) => objectAt(object, 'metadata')['namespace'] ?? 'net');
    expect(new Set(namespaces)).toEqual(new Set(['net']));
    expect(JSON.stringify(objects)).not.toContain('kube-system');
  });

  test('its configuration is one that the agent takes', async () => {
    const settings = await settingsOf(template('kube-system', SERVER, 'config.clusterCIDR={10.244.0.0/16}'));
    expect(settings.clusterCIDR.map(({ text }) => text)).toEqual(['10.244.0.0/16']);
  });

  test('without the address of the API server it refuses, and says so', () => {
    expect(() => template('kube-system')).toThrow("apiServer.host: the API server's own address");
  });
});

/** By kind and name; without the names' hashes, and the ConfigMaps' texts, which differ in comments. */
function comparable(objects: readonly JsonObject[]): ReadonlyMap<string, Json> {
  const entries = objects.flatMap((object): [string, Json][] => {
    const text = JSON.stringify(object).replaceAll(/"fairlead-[0-9a-z]{10}"/g, '"fairlead-HASH"');
    const plain = JSON.parse(text) as JsonObject;
    const name = textAt(plain, 'metadata', 'name');
    if (name === 'fairlead-api-server') return [];
    return [[`${textAt(plain, 'kind')} ${name}`, name === 'fairlead-HASH' ? '' : plain]];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
