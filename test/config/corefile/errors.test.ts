import { describe, expect, test } from 'vitest';
import { readKubeDns } from '../../../src/config/kubeDns.ts';
import { GROUND, read } from './read.ts';

const block = (...lines: readonly string[]): string => ['. {', ...lines, '}', ''].join('\n');

/** What CoreDNS would not start with either: the file is refused, and the line is named. */
const UNUSABLE: readonly (readonly [title: string, text: string, message: string])[] = [
  ['nothing', '\n# only a comment\n', 'Corefile: has no server block'],
  ['a brace that is not closed', '. {\n errors\n', 'Corefile:1: the brace opened here is never closed'],
  ['a brace too many', `${block('errors')}}\n`, 'Corefile:4: closes a brace that was not opened'],
  [
    'a body in one line',
    block('cache 30 { prefetch 2 }'),
    'Corefile:2: a closing brace must have a line of its own',
  ],
  ['a block without a zone', '{\n errors\n}\n', 'Corefile:1: a server block needs a zone before its brace'],
  [
    'a quote that is not closed',
    block('template IN A {', ' answer "x', '}'),
    'Corefile:3: the quote opened here is never closed',
  ],
  ['a missing import', block('import other'), 'Corefile:2: import: no file and no snippet other'],
  ['an import of nothing', block('import'), 'Corefile:2: import needs one file, pattern or snippet'],
  [
    'a snippet that imports itself',
    '(a) {\n import a\n}\n. {\n import a\n}\n',
    'Corefile:2: import: files or snippets import each other',
  ],
  ['a zone twice', `${block('errors')}.:53 {\n errors\n}\n`, 'Corefile:4: zone . has two server blocks'],
  ['a zone that is none', 'a..b {\n errors\n}\n', 'Corefile:1: "a..b" is no zone'],
  ['a range that is none', '10.0.0.0/33 {\n errors\n}\n', 'Corefile:1: 10.0.0.0/33 is no range of addresses'],
  [
    'forward to nobody',
    block('forward .'),
    'Corefile:2: forward: expected a zone and the servers for it: forward . 10.0.0.2',
  ],
  ['forward to no address', block('forward . 10.0.0.300'), 'Corefile:2: forward: "10.0.0.300" is no server'],
  [
    'an unknown policy',
    block('forward . 10.0.0.2 {', 'policy fair', '}'),
    'Corefile:3: policy: expected random, round_robin, sequential',
  ],
  [
    'a number that is none',
    block('forward . 10.0.0.2 {', 'max_concurrent many', '}'),
    'Corefile:3: max_concurrent: "many" is no whole number from 0 to 1000000000',
  ],
  [
    'a number left out',
    block('kubernetes cluster.local {', 'ttl', '}'),
    'Corefile:3: ttl: nothing is no whole number from 0 to 3600',
  ],
  [
    'a duration that is none',
    block('cache {', 'servfail soon', '}'),
    'Corefile:3: servfail: "soon" is no duration such as 30s or 5m',
  ],
  [
    'a reverse zone alone',
    block('kubernetes in-addr.arpa'),
    'Corefile:2: kubernetes: needs a zone that is not a reverse one',
  ],
  [
    'a class that is none',
    block('log {', 'class loud', '}'),
    'Corefile:3: class: loud is none of all, success, denial, error',
  ],
  ['hosts twice', block('hosts a', 'hosts b'), 'Corefile:3: hosts: only once in a server block'],
  [
    'a host without an address',
    block('hosts {', 'gateway 10.0.0.1', '}'),
    'Corefile:3: hosts: gateway is no address and no property',
  ],
  [
    'half a rewrite',
    block('rewrite name a.example'),
    'Corefile:2: rewrite name: expected a name and what takes its place',
  ],
  ['a rewrite of nothing', block('rewrite question a b'), 'Corefile:2: rewrite: unknown field "question"'],
  ['a type that is none', block('rewrite type A AAAAA'), 'Corefile:2: rewrite: "AAAAA" is no record type'],
  [
    'a regex that is none',
    block('rewrite name regex (a b.example'),
    'Corefile:2: rewrite: (a: a parenthesis is not closed',
  ],
  [
    'a template record that is none',
    block('template IN A a.example {', 'answer "a.example. 60 IN A 1.2.3"', '}'),
    'Corefile:3: template: "a.example. 60 IN A 1.2.3" is no record',
  ],
  [
    'an rcode that is none',
    block('template IN A {', 'rcode NOPE', '}'),
    'Corefile:3: rcode: "NOPE" is no rcode',
  ],
];

describe('what makes a file unusable', () => {
  test.each(UNUSABLE)('%s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test('in an imported file, that file and its line are named', async () => {
    const files = { 'custom/a.override': '\n\ncache {\n servfail soon\n}\n' };
    await expect(read(block('import custom/*.override'), files)).rejects.toThrow(
      'custom/a.override:4: servfail:',
    );
  });
});

describe('the language', () => {
  const zones = async (text: string, env: Record<string, string> = {}): Promise<string[]> =>
    (await read(text, {}, env)).configuration.forwarding.zones.map(({ domain }) => domain);

  test.each<readonly [title: string, text: string, domains: readonly string[]]>([
    ['a file without braces is one block', 'a.example\nforward . 10.0.0.2\n', ['a.example']],
    [
      'keys with commas go on in the next line',
      'a.example,\nb.example {\n forward . 10.0.0.2\n}\n',
      ['a.example', 'b.example'],
    ],
    ['keys with a scheme and a port', 'dns://a.example:53 {\n forward . 10.0.0.2\n}\n', ['a.example']],
    ['comments', 'a.example { # why\n forward . 10.0.0.2 # and how\n}\n', ['a.example']],
    ['words in quotes', '"a.example" {\n "forward" . "10.0.0.2"\n}\n', ['a.example']],
    [
      'a range of addresses',
      '10.4.0.0/14 {\n forward . 10.0.0.2\n}\n',
      ['4.10.in-addr.arpa', '5.10.in-addr.arpa', '6.10.in-addr.arpa', '7.10.in-addr.arpa'],
    ],
    ['a range of IPv6', 'fd00::/8 {\n forward . 10.0.0.2\n}\n', ['d.f.ip6.arpa']],
    ['capitals and a dot at the end', 'A.Example. {\n forward . 10.0.0.2\n}\n', ['a.example']],
    ['forward below its block', 'example {\n forward a.example 10.0.0.2\n}\n', ['example', 'a.example']],
  ])('%s', async (_, text, domains) => {
    expect((await zones(text)).filter((domain) => domain !== '')).toEqual(domains);
  });

  test('variables of the environment', async () => {
    const text = '{$ZONE} {\n forward . {%SERVER%}\n}\n';
    expect(await zones(text, { ZONE: 'a.example', SERVER: '10.0.0.2' })).toContain('a.example');
    await expect(read(text, {}, { ZONE: 'a.example' })).rejects.toThrow(
      'Corefile:2: forward: "" is no server',
    );
  });
});

describe('the keys of kube-dns', () => {
  test.each([
    ['stubDomains', '{"a.example": ["10.0.0.2"]', /^stubDomains: .*JSON/],
    ['stubDomains', '["a.example"]', 'stubDomains: is no JSON object of domains'],
    ['stubDomains', '{"a..example": ["10.0.0.2"]}', 'stubDomains: "a..example" is no domain'],
    ['stubDomains', '{"a.example": []}', 'stubDomains: a.example: expected a list of servers'],
    ['stubDomains', '{"a.example": [53]}', 'stubDomains: 53 is no server'],
    ['upstreamNameservers', '{"a": 1}', 'upstreamNameservers: is no JSON list of servers'],
    ['upstreamNameservers', '["dns.example"]', 'upstreamNameservers: "dns.example" is no server'],
    [
      'upstreamNameservers',
      '["1.1.1.1","1.0.0.1","8.8.8.8","8.8.4.4"]',
      'upstreamNameservers: has 4 servers: 3 are allowed',
    ],
  ])('%s %s is unusable', (key, text, message) => {
    expect(() => readKubeDns({ [key]: { file: key, text } }, GROUND)).toThrow(message);
  });

  test('empty ones say nothing', () => {
    const empty = { file: 'a', text: '' };
    const found = readKubeDns({ stubDomains: empty, upstreamNameservers: empty, federations: empty }, GROUND);
    expect(found).toEqual({ configuration: GROUND.configuration, remarks: [] });
  });
});
