import type { Answer } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { command } from '../../src/commands/resolve.ts';
import { type Ran, runCommand } from './support/runCommand.ts';
import { FakeUpstream, type Received, reply } from '../dns/forward/fakeUpstream.ts';

const servers: FakeUpstream[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

interface Result extends Ran {
  readonly server: FakeUpstream;
}

async function resolve(handler: (query: Received) => void, ...args: string[]): Promise<Result> {
  const server = await FakeUpstream.start(handler);
  servers.push(server);
  return { ...(await runCommand(command, ...args, '--server', `127.0.0.1:${server.address.port}`)), server };
}

const NAME = 'web.shop.svc.cluster.local';
const SOA: Answer = {
  type: 'SOA',
  name: 'cluster.local',
  ttl: 30,
  data: { mname: 'ns', rname: 'root', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 },
};
const saying = (answers: Answer[], options?: Parameters<typeof reply>[2]) => (query: Received) =>
  query.send(reply(query, answers, options));
const ede = (code: number, text: string): Answer => ({
  type: 'OPT',
  name: '.',
  options: [{ code: 15, data: Buffer.concat([Buffer.from([0, code]), Buffer.from(text)]) }],
});
/** Ports and durations differ from run to run. */
const steady = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d+/g, 'SERVER').replaceAll(/\d+\.\d ms/g, 'N ms');

test.each<[string, string[], Answer[], string[]]>([
  ['A', [], [{ type: 'A', name: NAME, ttl: 30, data: '10.96.12.7' }], [`${NAME}.     30  A      10.96.12.7`]],
  [
    'AAAA',
    ['aaaa'],
    [{ type: 'AAAA', name: NAME, ttl: 5, data: 'fd00::7' }],
    [`${NAME}.      5  AAAA   fd00::7`],
  ],
  [
    'SRV',
    ['SRV'],
    [{ type: 'SRV', name: NAME, ttl: 30, data: { priority: 0, weight: 100, port: 80, target: NAME } }],
    [`${NAME}.     30  SRV    0 100 80 ${NAME}.`],
  ],
  [
    'a chain',
    [],
    [
      { type: 'CNAME', name: NAME, ttl: 5, data: 'b.example' },
      { type: 'A', name: 'b.example', ttl: 60, data: '192.0.2.1' },
    ],
    [`${NAME}.      5  CNAME  b.example.`, 'b.example.                      60  A      192.0.2.1'],
  ],
  [
    'TXT',
    ['TXT'],
    [{ type: 'TXT', name: 'v', ttl: 0, data: ['1.1.0', 'a "b"'] }],
    ['v.      0  TXT    "1.1.0" "a \\"b\\""'],
  ],
  ['SOA', ['SOA'], [{ ...SOA, name: 'z' }], ['z.     30  SOA    ns. root. 1 2 3 4 5']],
  [
    'MX',
    ['MX'],
    [{ type: 'MX', name: 'm', ttl: 1, data: { preference: 5, exchange: 'x' } }],
    ['m.      1  MX     5 x.'],
  ],
  ['NS', ['NS'], [{ type: 'NS', name: 'z', ttl: 1, data: 'ns.z' }], ['z.      1  NS     ns.z.']],
  [
    'a name that a terminal would obey',
    ['NS'],
    [{ type: 'NS', name: 'z', ttl: 1, data: 'a\x1b[2J b' }],
    ['z.      1  NS     a\\027[2J\\032b.'],
  ],
  [
    'a type that nobody knows',
    ['TYPE65280'],
    [{ type: 'UNKNOWN_65280', name: 'z', ttl: 1, data: Buffer.from([1, 2]) }],
    ['z.      1  TYPE65280  \\# 2 0102'],
  ],
])('%s is printed as in a zone file', async (_what, args, answers, lines) => {
  const { code, stdout, stderr } = await resolve(saying(answers), NAME, ...args);
  expect(steady(stdout).split('\n')).toEqual([...lines, '; NOERROR, from SERVER by UDP in N ms', '']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('JSON holds all of the reply', async () => {
  const answers: Answer[] = [{ type: 'A', name: NAME, ttl: 30, data: '10.96.12.7' }];
  const additionals: Answer[] = [{ type: 'A', name: 'glue', ttl: 3, data: '10.0.0.1' }];
  const { stdout } = await resolve(saying(answers, { authorities: [SOA], additionals }), NAME, '-o', 'json');
  const { server, milliseconds, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  expect(server).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(milliseconds).toBeGreaterThan(0);
  expect(rest).toEqual({
    name: NAME,
    type: 'A',
    transport: 'UDP',
    rcode: 'NOERROR',
    authoritative: false,
    truncated: false,
    answers: [{ name: `${NAME}.`, ttl: 30, type: 'A', data: '10.96.12.7' }],
    authority: [{ name: 'cluster.local.', ttl: 30, type: 'SOA', data: 'ns. root. 1 2 3 4 5' }],
    additional: [{ name: 'glue.', ttl: 3, type: 'A', data: '10.0.0.1' }],
  });
});

test.each<[string, Parameters<typeof reply>[2], string]>([
  ['NXDOMAIN', { rcode: 'NXDOMAIN', authorities: [SOA] }, `${NAME} does not exist (NXDOMAIN from SERVER)`],
  [
    'NXDOMAIN with its reason',
    { rcode: 'NXDOMAIN', additionals: [ede(0, 'no namespace "shop"')] },
    `${NAME} does not exist (NXDOMAIN from SERVER): no namespace "shop"`,
  ],
  ['NODATA', { authorities: [SOA] }, `${NAME} exists but has no A records (NODATA from SERVER)`],
  [
    'SERVFAIL, the reason a code alone',
    { rcode: 'SERVFAIL', additionals: [ede(14, '')] },
    `SERVER could not find out (SERVFAIL for ${NAME} A): not ready`,
  ],
  ['REFUSED', { rcode: 'REFUSED' }, `SERVER does not answer for such names (REFUSED for ${NAME} A)`],
  ['NOTIMP', { rcode: 'NOTIMP' }, `SERVER says NOTIMP for ${NAME} A`],
])('%s: exit code 1 and one line that says why', async (_what, options, line) => {
  const { code, stdout, stderr } = await resolve(saying([], options), NAME);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(steady(stderr)).toBe(`fairlead resolve: ${line}\n`);
  const json = await resolve(saying([], options), NAME, '-o', 'json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ rcode: options?.rcode ?? 'NOERROR', answers: [] });
});

test('a truncated reply is asked again by TCP', async () => {
  const { stdout, server } = await resolve((query) => {
    const answers: Answer[] = [{ type: 'A', name: NAME, ttl: 30, data: '10.96.12.7' }];
    query.send(query.by === 'udp' ? reply(query, [], { truncated: true }) : reply(query, answers));
  }, NAME);
  expect(server.received.map(({ by }) => by)).toEqual(['udp', 'tcp']);
  expect(steady(stdout)).toContain('; NOERROR, from SERVER by TCP in N ms');
});

test('--tcp asks by TCP alone', async () => {
  const answers: Answer[] = [{ type: 'A', name: NAME, ttl: 30, data: '10.96.12.7' }];
  const { code, server } = await resolve(saying(answers), NAME, '--tcp');
  expect(code).toBe(0);
  expect(server.received.map(({ by }) => by)).toEqual(['tcp']);
});

test.each([
  ['10.96.0.10', '10.0.96.10.in-addr.arpa', 'PTR'],
  ['fd00::a', `a.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'PTR'],
  ['example.org.', 'example.org', 'A'],
  ['.', '.', 'A'],
])('%s asks for %s %s', async (given, name, type) => {
  const { server } = await resolve(saying([]), given);
  expect(server.received[0]?.packet.questions).toMatchObject([{ name, type }]);
});

test('a server that is not there is told at once, by UDP and by TCP', async () => {
  const server = await FakeUpstream.start();
  server.stop();
  const address = `127.0.0.1:${server.address.port}`;
  for (const flags of [[], ['--tcp']]) {
    expect(await runCommand(command, NAME, '--server', address, ...flags)).toEqual({
      code: 1,
      stdout: '',
      stderr: `fairlead resolve: nobody listens on ${address} (connection refused)\n`,
    });
  }
});

test.each([
  [[], 'which name?'],
  [['a', 'A', 'b'], 'unexpected argument "b"'],
  [['a', 'AAA'], '"AAA" is no record type; did you mean AAAA?'],
  [['a', 'TYPE0'], '"TYPE0" is no record type'],
  [['a..b'], '"a..b" is no DNS name'],
  [['x'.repeat(64)], `"${'x'.repeat(64)}" is no DNS name`],
  [['a', '--server', 'dns.example'], '--server: "dns.example" is no ADDRESS[:PORT]'],
  [['a', '--server', '10.0.0.1:99999'], '--server: "10.0.0.1:99999" is no ADDRESS[:PORT]'],
  [['a', '-o', 'xml'], '--output: "xml" is none of text, json'],
  [['a', '--sever', '10.0.0.1'], 'unknown flag --sever; did you mean --server?'],
])('%j is wrong usage: %s', async (args, message) => {
  const { code, stdout, stderr } = await runCommand(command, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});
