import { type Answer, decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewrite } from '../../../src/dns/rules/rewriter.ts';
import { RuleBook } from '../../../src/dns/rules/ruleBook.ts';
import { read } from '../../config/corefile/read.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { show } from '../support/show.ts';

// Rules are written as operators write them, and asked about as pods ask.

/** An upstream server: any name has the address 192.0.2.99, except `alias.*`, which leads to `end.test`. */
const upstream = fakeForwarder((message) => {
  const { id, questions } = decode(Buffer.from(message));
  const name = questions[0]?.name ?? '';
  const alias: Answer = { name, type: 'CNAME', ttl: 60, data: 'end.test' };
  const address = (owner: string): Answer => ({ name: owner, type: 'A', ttl: 60, data: '192.0.2.99' });
  const answers =
    questions[0]?.type !== 'A'
      ? []
      : name.startsWith('alias.')
        ? [alias, address('end.test')]
        : [address(name)];
  return encode({ type: 'response', id, flags: 0x180, questions, answers });
});

async function serve(body: string): Promise<TestServer> {
  const rules = await book(body);
  return startServer(pictureOf(RECORDS), { forwarder: upstream, rules });
}

async function book(body: string): Promise<RuleBook> {
  const corefile = body.includes('. {')
    ? body
    : `. {\n${body}\nkubernetes cluster.local\nforward . 192.0.2.1\n}`;
  const { configuration, remarks } = await read(corefile);
  expect(remarks.filter(({ level }) => level === 'warning')).toEqual([]);
  const rules = new RuleBook();
  rules.replace(configuration.rules);
  return rules;
}

type Row = readonly [
  title: string,
  rules: string,
  question: string,
  rcode: string,
  answers: readonly string[],
];

const HOSTS = `hosts {
  192.0.2.7 gateway.example gateway
  192.0.2.8 gateway.example
  2001:db8::7 gateway.example
  10.0.0.1 front.example
  ttl 60
  fallthrough
}`;

const ROWS: readonly Row[] = [
  ['hosts: an address', HOSTS, 'gateway A', 'NOERROR', ['gateway. 60 A 192.0.2.7']],
  [
    'hosts: all addresses of a family',
    HOSTS,
    'gateway.example A',
    'NOERROR',
    ['gateway.example. 60 A 192.0.2.7', 'gateway.example. 60 A 192.0.2.8'],
  ],
  [
    'hosts: the other family',
    HOSTS,
    'gateway.example AAAA',
    'NOERROR',
    ['gateway.example. 60 AAAA 2001:db8::7'],
  ],
  ['hosts: no such family', HOSTS, 'gateway AAAA', 'NOERROR', []],
  ['hosts: another type', HOSTS, 'gateway TXT', 'NOERROR', []],
  [
    'hosts: the name of an address',
    HOSTS,
    '7.2.0.192.in-addr.arpa PTR',
    'NOERROR',
    ['7.2.0.192.in-addr.arpa. 60 PTR gateway.example.', '7.2.0.192.in-addr.arpa. 60 PTR gateway.'],
  ],
  [
    'hosts: before the name of a Service',
    HOSTS,
    '1.0.0.10.in-addr.arpa PTR',
    'NOERROR',
    ['1.0.0.10.in-addr.arpa. 60 PTR front.example.'],
  ],
  [
    'hosts: an unknown name goes on to the servers',
    HOSTS,
    'x.example A',
    'NOERROR',
    ['x.example. 60 A 192.0.2.99'],
  ],
  [
    'hosts: and to the cluster',
    HOSTS,
    'svc1.testns.svc.cluster.local A',
    'NOERROR',
    ['svc1.testns.svc.cluster.local. 5 A 10.0.0.1'],
  ],
  ['hosts: without fallthrough it fails', 'hosts {\n192.0.2.7 a.example\n}', 'b.example A', 'SERVFAIL', []],
  [
    'hosts: no reverse names',
    'hosts {\n10.0.0.1 a.example\nno_reverse\nfallthrough\n}',
    '1.0.0.10.in-addr.arpa PTR',
    'NOERROR',
    ['1.0.0.10.in-addr.arpa. 5 PTR svc1.testns.svc.cluster.local.'],
  ],
  ['template: no IPv6', 'template IN AAAA', 'svc6.testns.svc.cluster.local AAAA', 'NOERROR', []],
  [
    'template: other types stay',
    'template IN AAAA',
    'svc1.testns.svc.cluster.local A',
    'NOERROR',
    ['svc1.testns.svc.cluster.local. 5 A 10.0.0.1'],
  ],
  [
    'template: denied',
    'template ANY ANY bad.example {\nrcode NXDOMAIN\n}',
    'a.bad.example A',
    'NXDOMAIN',
    [],
  ],
  [
    'template: not in its zone',
    'template ANY ANY bad.example {\nrcode NXDOMAIN\n}',
    'abad.example A',
    'NOERROR',
    ['abad.example. 60 A 192.0.2.99'],
  ],
  [
    'template: groups',
    'template IN A ip.example {\nmatch ^ip-(?P<a>\\d+)-(\\d+)-(\\d+)-(\\d+)[.]\nanswer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ index .Match 2 }}.{{ index .Match 3 }}.{{ index .Match 4 }}"\n}',
    'IP-10-1-2-3.ip.example A',
    'NOERROR',
    ['IP-10-1-2-3.ip.example. 60 A 10.1.2.3'],
  ],
  [
    'template: groups that make no record',
    'template IN A ip.example {\nmatch ^ip-(\\d+)[.]\nanswer "{{ .Name }} 60 IN A 10.0.0.{{ index .Match 1 }}"\n}',
    'ip-300.ip.example A',
    'SERVFAIL',
    [],
  ],
  [
    'template: no match is a denial',
    'template IN A ip.example {\nmatch ^ip-\nanswer "{{ .Name }} A 10.0.0.1"\n}',
    'x.ip.example A',
    'NXDOMAIN',
    [],
  ],
  [
    'template: an alias is followed',
    'template IN A www.example {\nanswer "{{ .Name }} 60 IN CNAME svc1.testns.svc.cluster.local."\n}',
    'www.example A',
    'NOERROR',
    ['www.example. 60 CNAME svc1.testns.svc.cluster.local.', 'svc1.testns.svc.cluster.local. 5 A 10.0.0.1'],
  ],
  [
    'template: aliases in a circle end',
    'template IN A a.example {\nanswer "{{ .Name }} 60 IN CNAME b.example."\n}\ntemplate IN A b.example {\nanswer "{{ .Name }} 60 IN CNAME a.example."\n}',
    'a.example A',
    'NOERROR',
    Array.from({ length: 9 }, (_, i) =>
      i % 2 === 0 ? 'a.example. 60 CNAME b.example.' : 'b.example. 60 CNAME a.example.',
    ),
  ],
  ['any', 'any', 'example.com ANY', 'NOERROR', ['example.com. 8482 HINFO "RFC8482" ""']],
  [
    'rewrite: a name of another zone is a Service',
    'rewrite name shop.example svc1.testns.svc.cluster.local',
    'Shop.Example A',
    'NOERROR',
    ['Shop.Example. 5 A 10.0.0.1'],
  ],
  [
    'rewrite: a Service is another name',
    'rewrite name svc1.testns.svc.cluster.local shop.example',
    'svc1.testns.svc.cluster.local A',
    'NOERROR',
    ['svc1.testns.svc.cluster.local. 60 A 192.0.2.99'],
  ],
  [
    'rewrite: a suffix',
    'rewrite name suffix .shop.example .testns.svc.cluster.local answer auto',
    '_http._tcp.svc1.shop.example SRV',
    'NOERROR',
    ['_http._tcp.svc1.shop.example. 5 SRV 0 100 80 svc1.shop.example.'],
  ],
  [
    'rewrite: a suffix, targets left alone',
    'rewrite name suffix .shop.example .testns.svc.cluster.local',
    '_http._tcp.svc1.shop.example SRV',
    'NOERROR',
    ['_http._tcp.svc1.shop.example. 5 SRV 0 100 80 svc1.testns.svc.cluster.local.'],
  ],
  [
    'rewrite: a prefix',
    'rewrite name prefix old- svc',
    'old-1.testns.svc.cluster.local A',
    'NOERROR',
    ['old-1.testns.svc.cluster.local. 5 A 10.0.0.1'],
  ],
  [
    'rewrite: a part',
    'rewrite name substring .middle. .testns.',
    'svc1.middle.svc.cluster.local A',
    'NOERROR',
    ['svc1.middle.svc.cluster.local. 5 A 10.0.0.1'],
  ],
  [
    'rewrite: a regex, answers by a rule of their own',
    'rewrite stop {\nname regex (.*)\\.from\\.example alias.{1}.to.example\nanswer value end\\.(.*) finish.{1}\n}',
    'a.from.example A',
    'NOERROR',
    ['a.from.example. 60 CNAME finish.test.', 'end.test. 60 A 192.0.2.99'],
  ],
  [
    'rewrite: names of a chain by a rule of their own',
    'rewrite stop {\nname regex (.*)\\.from\\.example alias.{1}.to.example\nanswer name end\\.(.*) finish.{1}\nanswer value end\\.(.*) finish.{1}\n}',
    'a.from.example A',
    'NOERROR',
    ['a.from.example. 60 CNAME finish.test.', 'finish.test. 60 A 192.0.2.99'],
  ],
  [
    'rewrite: one after the other',
    'rewrite continue name suffix .a.example .b.example\nrewrite name suffix .b.example .testns.svc.cluster.local',
    'svc1.a.example A',
    'NOERROR',
    ['svc1.a.example. 5 A 10.0.0.1'],
  ],
  [
    'rewrite: the first that finds something is the last',
    'rewrite name suffix .a.example .b.example\nrewrite name suffix .b.example .testns.svc.cluster.local',
    'svc1.a.example A',
    'NOERROR',
    ['svc1.a.example. 60 A 192.0.2.99'],
  ],
  [
    'rewrite: to a name that is not there',
    'rewrite name a.example svc0.testns.svc.cluster.local',
    'a.example A',
    'NXDOMAIN',
    [],
  ],
  ['rewrite: to no name', 'rewrite name prefix a. ..', 'a.example A', 'SERVFAIL', []],
  [
    'rewrite: a lifetime',
    'rewrite ttl suffix .example 100-200',
    'a.example A',
    'NOERROR',
    ['a.example. 100 A 192.0.2.99'],
  ],
  ['rewrite: a type', 'rewrite type ANY A', 'a.example ANY', 'NOERROR', ['a.example. 60 A 192.0.2.99']],
  [
    'rewrite, then hosts',
    `rewrite name suffix .old.example .example\n${HOSTS}`,
    'gateway.old.example AAAA',
    'NOERROR',
    ['gateway.old.example. 60 AAAA 2001:db8::7'],
  ],
  [
    'rules of a zone do not hold in one below it',
    '. {\ntemplate ANY ANY {\nrcode NXDOMAIN\n}\nkubernetes cluster.local\n}\nfree.example {\nforward . 192.0.2.1\n}',
    'a.free.example A',
    'NOERROR',
    ['a.free.example. 60 A 192.0.2.99'],
  ],
];

describe('rules', () => {
  test.each(ROWS)('%s', async (_, rules, question, rcode, answers) => {
    await using server = await serve(rules);
    const [name = '', type = ''] = question.split(' ');
    const replies = await Promise.all([
      askUdp(server.address, makeQuery(name, type, { id: 99, edns: 1232 })),
      askTcp(server.address, makeQuery(name, type, { id: 99, edns: 1232 })),
    ]);
    for (const message of replies) {
      const reply = show(message);
      expect({ rcode: reply.rcode, answers: reply.answers }).toEqual({ rcode, answers });
      expect(reply).toMatchObject({ id: 99, tc: false });
      expect(reply.opt).toBeDefined();
    }
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a denial of a rewritten name speaks of the zone that denied it, to the one who asked', async () => {
    await using server = await serve('rewrite name a.example svc0.testns.svc.cluster.local');
    const reply = show(await askUdp(server.address, makeQuery('a.example', 'A')));
    expect(reply.authority).toEqual([
      expect.stringMatching(/^cluster\.local\. 5 SOA ns\.dns\.cluster\.local\./),
    ]);
  });

  test('more than fits is cut, whole records at a time', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `192.0.2.${i + 1} many.example`).join('\n');
    await using server = await serve(`rewrite name a.example many.example\nhosts {\n${many}\n}`);
    const reply = show(await askUdp(server.address, makeQuery('a.example', 'A')));
    expect(reply.tc).toBe(true);
    expect(reply.answers.length).toBe(30);
    const whole = show(await askTcp(server.address, makeQuery('a.example', 'A')));
    expect(whole.answers.length).toBe(60);
  });

  test('rules that come and go hold from the next question on', async () => {
    const rules = new RuleBook();
    await using server = await startServer(pictureOf(RECORDS), { forwarder: upstream, rules });
    const ask = async (): Promise<string[]> =>
      show(await askUdp(server.address, makeQuery('svc1.testns.svc.cluster.local', 'A'))).answers.map(
        (line) => line.split(' ').at(-1) ?? '',
      );
    expect(await ask()).toEqual(['10.0.0.1']);
    const { configuration } = await read(
      '. {\nhosts {\n192.0.2.1 svc1.testns.svc.cluster.local\nfallthrough\n}\n}',
    );
    rules.replace(configuration.rules);
    expect(await ask()).toEqual(['192.0.2.1']);
    rules.replace([]);
    expect(await ask()).toEqual(['10.0.0.1']);
  });
});

test('undoing a rewrite by suffix gives every name back, whatever it is', () => {
  const name = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(name, name, name, (left, from, to) => {
      const answers = { auto: true, names: [], values: [] };
      const [text, replacement] = [`.${from.join('.')}.`, `.${to.join('.')}.`];
      const rule = {
        field: 'name',
        continues: false,
        match: { kind: 'suffix', text },
        to: replacement,
        answers,
      } as const;
      const asked = `${left.join('.')}${text}`;
      const found = rewrite([rule], asked, 1);
      expect(found?.name).toBe(`${left.join('.')}${replacement}`);
      const record = found?.undo.record({
        owner: `x.${(found.name).slice(0, -1)}`,
        ttl: 5,
        data: { type: 'A', address: '192.0.2.1' },
      });
      expect(record?.owner).toBe(`x.${asked.slice(0, -1)}`);
    }),
  );
});

describe('whether a rule may touch a name of the cluster', () => {
  const rows: readonly (readonly [rules: string, touches: boolean])[] = [
    ['rewrite name shop.example svc1.testns.svc.cluster.local', false],
    ['rewrite name svc1.testns.svc.cluster.local shop.example', true],
    ['rewrite name suffix .shop.example .svc.cluster.local', false],
    ['rewrite name suffix .local .svc.cluster.local', true],
    ['rewrite name regex .* a.example', true],
    ['rewrite type ANY HINFO', true],
    ['template IN AAAA', true],
    ['template IN AAAA example', false],
    ['hosts {\n192.0.2.1 a.example\nfallthrough\n}', false],
    ['hosts {\n192.0.2.1 a.example\n}', true],
    ['hosts {\n192.0.2.1 a.svc.cluster.local\nfallthrough\n}', true],
    ['any', true],
    ['cluster.local {\nkubernetes\n}\n. {\nany\n}', false],
  ];
  test.each(rows)('%s: %s', async (rules, touches) => {
    expect((await book(rules)).mayTouch('cluster.local')).toBe(touches);
  });
});
