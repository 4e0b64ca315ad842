/** What somebody did to the rules of a Service, found by comparing. */
import { describe, expect, test } from 'vitest';
import { damageOf } from '../../../src/explain/facts/damage.ts';
import { parseRuleset } from '../../../src/explain/tracer/ruleset.ts';
import { renderRuleset } from '../../../src/proxy/iptables/render.ts';
import { ALL_CAPABILITIES, ruleOptions } from '../../../src/proxy/iptables/rules/options.ts';
import { serviceRules } from '../../../src/proxy/iptables/rules/service.ts';
import { planNode } from '../../../src/proxy/iptables/work.ts';
import { planService } from '../../../src/proxy/plan/servicePlan.ts';
import { pictureOf, proxySettings, service, slice } from '../../proxy/cluster.ts';

const picture = pictureOf([
  service('shop/web', '10.96.0.20'),
  slice('shop/web', ['10.0.1.1', '10.0.1.2']),
  // A tree instead of one chain from the 65th on.
  ...Array.from({ length: 70 }, (_, i) => service(`shop/s${i}`, `10.96.1.${i + 1}`)),
  ...Array.from({ length: 70 }, (_, i) => slice(`shop/s${i}`, [`10.0.2.${i + 1}`])),
]);
const settings = proxySettings();
const entry = picture.services.get('shop/web');
const plans =
  entry === undefined ? [] : planService(entry, 'IPv4', planNode(picture, settings), settings.dnsService);
const wanted = serviceRules(plans, ruleOptions(settings, 'IPv4', ALL_CAPABILITIES, true));
const rules = renderRuleset(picture, settings, 'IPv4', []);
const [cluster = ''] = /KUBE-SVC-[A-Z2-7]{16}(?= .*shop\/web:p80 cluster IP)/.exec(rules) ?? [];

const found = (text: string): readonly string[] => damageOf(parseRuleset(text), wanted);
const without = (pattern: RegExp): string =>
  rules
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');

test('none in what was written', () => {
  expect(cluster).not.toBe('');
  expect(found(rules)).toEqual([]);
});

describe('found', () => {
  test.each([
    [
      'a chain that is gone',
      without(new RegExp(`^:${cluster} |^-A ${cluster} `)),
      `nat has no chain ${cluster}`,
    ],
    [
      'a rule that is gone',
      without(new RegExp(`^-A ${cluster} .*10.0.1.1:80`)),
      `nat ${cluster} holds other rules`,
    ],
    [
      'another endpoint',
      rules.replace('--to-destination 10.0.1.2:80', '--to-destination 10.0.1.3:80'),
      /^nat KUBE-SEP-\w+ holds other rules$/,
    ],
    [
      'no way into it',
      without(/^-A \S+ .*shop\/web:p80 cluster IP".* -j KUBE-SVC/),
      /^nat KUBE-SERVICES has no rule .*10\.96\.0\.20/,
    ],
    [
      'no way into ours',
      without(/^-[AI] PREROUTING .*-j KUBE-SERVICES/),
      /^nat PREROUTING has no rule .*-j KUBE-SERVICES$/,
    ],
  ])('%s', (_, text, line) => {
    expect(found(text)).toEqual([typeof line === 'string' ? line : expect.stringMatching(line)]);
  });

  test('everything, once', () => {
    expect(found('').length).toBeGreaterThan(10);
    expect(new Set(found('')).size).toBe(found('').length);
  });
});
