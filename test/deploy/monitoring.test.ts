/** Alerts and dashboard ask for what is exported, by labels that it has; each alert has its page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type JsonObject, objectAt, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { DEPLOY, hasKubectl, render, WITHOUT_KUBECTL } from './support/kustomize.ts';
import { exportedSeries, TARGET_LABELS } from './support/metrics.ts';
import { container, objectsAt, only, settingsOf } from './support/objects.ts';
import { parseQuery } from './support/promql.ts';
import { fromYaml } from './support/yaml.ts';

const FOLDER = join(DEPLOY, 'components/monitoring');
const read = (file: string): JsonObject => fromYaml(readFileSync(join(FOLDER, file), 'utf8'));

interface Asked {
  readonly where: string;
  readonly query: string;
  /** What is told of its result: names of labels in it. */
  readonly told: string;
}

const rules = objectsAt(read('prometheusRule.yaml'), 'spec', 'groups').flatMap((group) =>
  objectsAt(group, 'rules'),
);
const alerts = rules.map((rule): Asked & { readonly rule: JsonObject } => ({
  rule,
  where: textAt(rule, 'alert'),
  query: textAt(rule, 'expr'),
  told: `${textAt(rule, 'annotations', 'summary')}\n${textAt(rule, 'annotations', 'description')}`,
}));

const panels = objectsAt(read('fairlead.json'), 'panels');
const drawn = panels.flatMap((panel) =>
  objectsAt(panel, 'targets').map(
    (target): Asked => ({
      where: `${textAt(panel, 'title')} ${textAt(target, 'refId')}`,
      query: textAt(target, 'expr'),
      told: textAt(target, 'legendFormat'),
    }),
  ),
);

const series = exportedSeries();

describe.each([...alerts, ...drawn])('$where', ({ query, told }) => {
  const { selectors, grouped, left } = parseQuery(query);

  test('asks for series that there are, by labels that they have, of our job alone', () => {
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, matched } of selectors) {
      const labels = [...TARGET_LABELS, ...(series.get(metric)?.labels ?? [])];
      expect([...series.keys()]).toContain(metric);
      expect(labels).toEqual(expect.arrayContaining([...matched, ...grouped]));
      expect(matched).toContain('job');
    }
  });

  test('takes rates of counters, and of nothing else', () => {
    for (const { metric, within } of selectors) {
      const counted = ['rate', 'increase', 'irate'].includes(within);
      expect({ metric, counted }).toEqual({ metric, counted: series.get(metric)?.type === 'counter' });
    }
  });

  test('tells of labels that its result has', () => {
    const has =
      left ?? selectors.flatMap(({ metric }) => [...TARGET_LABELS, ...(series.get(metric)?.labels ?? [])]);
    const names = [...told.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, name = '']) => name);
    expect(has).toEqual(expect.arrayContaining(names));
  });
});

describe('alerts', () => {
  test('have names of their own', () => {
    expect(new Set(alerts.map(({ where }) => where)).size).toBe(alerts.length);
  });

  test.each(alerts)('$where says how bad it is, and what to do about it', ({ where, rule }) => {
    expect(['critical', 'warning', 'info']).toContain(textAt(rule, 'labels', 'severity'));
    const annotations = objectAt(rule, 'annotations');
    expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations['runbook_url']).toBe(`docs/OPERATIONS.md#${where.toLowerCase()}`);
  });

  const guide = join(DEPLOY, '../docs/OPERATIONS.md');
  test.each(alerts)('$where has its heading in docs/OPERATIONS.md', ({ where }) => {
    const headings = [...readFileSync(guide, 'utf8').matchAll(/^#+ (.*)$/gm)].map(
      ([, heading = '']) => heading,
    );
    expect(headings).toContain(where);
  });
});

describe.skipIf(!hasKubectl)(`scraping${WITHOUT_KUBECTL}`, () => {
  const objects = hasKubectl ? render('+monitoring') : [];

  test('asks the ports of the agents, by the job that every query names', async () => {
    const monitor = objectAt(only(objects, 'ServiceMonitor'), 'spec');
    const service = only(objects, 'Service');
    const labels = objectAt(service, 'metadata', 'labels');
    expect(labels).toMatchObject(objectAt(monitor, 'selector', 'matchLabels'));
    expect(labels[textAt(monitor, 'jobLabel')]).toBe('fairlead');
    const ports = objectsAt(service, 'spec', 'ports');
    expect(objectsAt(monitor, 'endpoints').map(({ port }) => port)).toEqual(ports.map(({ name }) => name));
    const declared = new Set(objectsAt(container(objects), 'ports').map((port) => port['containerPort']));
    for (const { port, targetPort } of ports) {
      // By number, so that agents of component seamless are found too.
      expect(targetPort).toBe(port);
      expect(declared.has(port)).toBe(true);
    }
    const { metricsBindAddress } = await settingsOf(objects);
    expect(metricsBindAddress?.address).toBe('0.0.0.0');
  });

  test('the dashboard is one that a sidecar finds, and JSON', () => {
    const found = objects.filter(
      (object) => textAt(object, 'metadata', 'labels', 'grafana_dashboard') === '1',
    );
    const [text = ''] = found.map((object) => textAt(object, 'data', 'fairlead.json'));
    expect(JSON.parse(text)).toEqual(read('fairlead.json'));
  });
});
