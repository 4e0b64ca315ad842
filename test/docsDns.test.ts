import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readKubeDns } from '../src/config/kubeDns.ts';
import { RuleBook } from '../src/dns/rules/ruleBook.ts';
import { GROUND, read } from './config/corefile/read.ts';
import { askUdp, makeQuery } from './dns/support/ask.ts';
import { pictureOf } from './dns/support/cluster.ts';
import { startServer } from './dns/support/server.ts';
import { show } from './dns/support/show.ts';
import { namespaceRecord, serviceRecord } from './support/records.ts';

// What docs/DNS.md shows is read as an agent reads it, and its comments are asked as a pod asks.
const TEXT = readFileSync(join(import.meta.dirname, '../docs/DNS.md'), 'utf8');

function blocks(info: string): string[] {
  return [...TEXT.matchAll(new RegExp(`^\`\`\`${info}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    (match) => match[1] ?? '',
  );
}

/** Of docs/examples/shop.yaml. */
const SHOP = [namespaceRecord('shop'), serviceRecord('shop/web', { clusterIPs: ['10.96.40.7'] })];

const corefiles = blocks('corefile').map((text, i) => ({ text, number: i + 1 }));

test('there are some', () => {
  expect(corefiles.length).toBeGreaterThan(2);
});

test.each(corefiles)('Corefile $number is honoured whole', async ({ text }) => {
  const { remarks } = await read(text);
  expect(remarks.filter(({ level }) => level === 'warning')).toEqual([]);
});

const claims = corefiles.flatMap(({ text, number }) =>
  [...text.matchAll(/^ *# (\S+) ([A-Z]+): (.+)$/gm)].map(([, name = '', type = '', told = '']) => ({
    text,
    number,
    name,
    type,
    told,
  })),
);

test('every Corefile makes a claim', () => {
  expect(new Set(claims.map(({ number }) => number)).size).toBe(corefiles.length);
});

test.each(claims)('Corefile $number: $name $type is $told', async ({ text, name, type, told }) => {
  const { configuration } = await read(text);
  const rules = new RuleBook();
  rules.replace(configuration.rules);
  await using server = await startServer(pictureOf(SHOP), { rules });
  const { rcode, answers } = show(await askUdp(server.address, makeQuery(name, type)));
  const data = answers.map((line) => line.split(' ').slice(3).join(' ').replace(/\.$/, ''));
  expect(data.length === 0 ? rcode : data.join(', ')).toBe(told);
});

test('the keys of kube-dns are taken', () => {
  const texts = ['stubDomains', 'upstreamNameservers'].map((key) => [
    key,
    { file: key, text: blocks(`json ${key}`)[0] ?? 'missing' },
  ]);
  const { configuration, remarks } = readKubeDns(Object.fromEntries(texts), GROUND);
  expect(remarks).toEqual([]);
  expect(configuration.forwarding.zones.map(({ domain }) => domain)).toEqual([
    '',
    'corp.example',
    'consul.local',
  ]);
});
