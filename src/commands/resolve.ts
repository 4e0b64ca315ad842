import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { helpOfFlag } from '../config/help.ts';
import { suggestion } from '../config/nearest.ts';
import { UsageError } from '../config/usageError.ts';
import { parseResolvConf } from '../dns/forward/upstreams/resolvConf.ts';
import { isName } from '../dns/wire/name.ts';
import { type Answer, type AnswerRecord, readAnswer } from '../explain/resolve/answer.ts';
import { type LookupReply, lookUp } from '../explain/resolve/lookup.ts';
import { TYPE_NAMES, typeName, typeNumber } from '../explain/resolve/recordTypes.ts';
import { reverseName } from '../explain/resolve/reverseName.ts';
import { whyNoReply, whyNothing } from '../explain/resolve/why.ts';
import { systemClock } from '../host/clock.ts';
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from '../net/socketAddress.ts';
import type { Command, CommandIo } from './line/command.ts';
import { type Output, OUTPUT_OPTION, outputOf, parseOptions } from './line/options.ts';
import { traceName, type TraceResult } from './resolveTrace.ts';

const RESOLV_CONF = '/etc/resolv.conf';
const DNS_PORT = 53;

const text = { type: 'string' } as const;
const FLAGS = {
  server: text,
  tcp: { type: 'boolean' },
  trace: { type: 'boolean' },
  client: text,
  manifests: text,
  kubeconfig: text,
  'run-dir': text,
  ...OUTPUT_OPTION,
} as const;

export const command: Command = {
  name: 'resolve',
  summary: 'look a name up, in the cluster DNS or any other server',
  usage: [
    'Usage: fairlead resolve NAME [TYPE] [FLAGS]',
    '',
    'Asks for exactly NAME (no search list). TYPE is A unless given; an address as NAME is looked up in reverse.',
    'The exit code is 1 when there is no answer; one line then says why.',
    '',
    helpOfFlag('--server ADDRESS[:PORT]', `whom to ask (default: the first nameserver in ${RESOLV_CONF})`),
    helpOfFlag('--tcp', 'ask by TCP (default: UDP, and TCP when the reply is truncated)'),
    helpOfFlag('--trace', 'ask the agent of this node how it comes to the answer, over its control socket'),
    helpOfFlag('--client ADDRESS', 'with --trace: whose search list may be gone through (default: nobody)'),
    helpOfFlag(
      '--manifests PATH, --kubeconfig FILE',
      'with --trace: the source to tell from where no agent runs',
    ),
    helpOfFlag('--run-dir DIR', 'folder of the control socket (default: /run/fairlead)'),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
  ].join('\n'),
  async run(args, io) {
    const { values, positionals } = parseOptions(args, FLAGS, 2);
    const output = outputOf(values.output);
    const { name, type } = questionOf(positionals);
    if (values.trace === true) {
      const { client, manifests, kubeconfig, 'run-dir': runDir } = values;
      if (client !== undefined && isIP(client) === 0)
        throw new UsageError(`--client: "${client}" is no address`);
      const source = { manifests, kubeconfig };
      return printTrace(await traceName({ name, type, client, runDir, source }, io), name, type, output, io);
    }
    const server = await serverOf(values.server);
    const asked = formatSocketAddress(server);
    const reply = await lookUp({ name, type, server, tcp: values.tcp ?? false }, systemClock);
    if (typeof reply === 'string') throw new Error(whyNoReply(reply, asked));
    const answer = readAnswer(reply.packet);
    const why = whyNothing(answer, name || '.', typeName(type), asked);
    if (output === 'json') {
      io.stdout(JSON.stringify(asJson(name, type, asked, reply, answer), undefined, 2));
    } else if (why === undefined) {
      io.stdout(asText(asked, reply, answer));
    }
    if (why !== undefined) throw new Error(why);
    return 0;
  },
};

function printTrace(traced: TraceResult, name: string, type: number, output: Output, io: CommandIo): number {
  const { answer, by, step, upstream, told } = traced;
  const why = whyNothing(answer, name || '.', typeName(type), by);
  if (output === 'json') {
    io.stdout(JSON.stringify({ name, type: typeName(type), by, step, upstream, ...answer }, undefined, 2));
  } else {
    const { rcode, explanation } = answer;
    io.stdout([...table(answer.answers), `; ${rcode}, from ${by}`, `; answered by ${told}`].join('\n'));
    if (explanation !== undefined) io.stdout(`; ${explanation}`);
  }
  if (why !== undefined) throw new Error(why);
  return 0;
}

function questionOf([given, typeText]: readonly string[]): { name: string; type: number } {
  if (given === undefined) throw new UsageError('which name?');
  const reverse = reverseName(given);
  const name = reverse ?? (given === '.' ? '' : given.replace(/\.$/, ''));
  if (!isName(name) || /[^\x21-\x7e]/.test(name)) {
    throw new UsageError(`"${given}" is no DNS name`);
  }
  const text = typeText ?? (reverse === undefined ? 'A' : 'PTR');
  const type = typeNumber(text);
  if (type === undefined) {
    throw new UsageError(`"${text}" is no record type${suggestion(text.toUpperCase(), TYPE_NAMES)}`);
  }
  return { name, type };
}

async function serverOf(text: string | undefined): Promise<SocketAddress> {
  if (text !== undefined) {
    const server = parseSocketAddress(text, DNS_PORT);
    if (server === undefined) throw new UsageError(`--server: "${text}" is no ADDRESS[:PORT]`);
    return server;
  }
  const [first] = parseResolvConf(await readFile(RESOLV_CONF, 'utf8').catch(() => ''));
  if (first === undefined) throw new Error(`no nameserver in ${RESOLV_CONF}: name one with --server`);
  return first;
}

function asText(server: string, { by, milliseconds }: LookupReply, answer: Answer): string {
  const flags = [answer.authoritative ? ', authoritative' : '', answer.truncated ? ', truncated' : ''].join(
    '',
  );
  return [
    ...table(answer.answers),
    ...table(answer.additional).map((line) => `${line}  ; additional`),
    `; ${answer.rcode}${flags}, from ${server} by ${by} in ${milliseconds.toFixed(1)} ms`,
    ...(answer.explanation === undefined ? [] : [`; ${answer.explanation}`]),
  ].join('\n');
}

function table(records: readonly AnswerRecord[]): string[] {
  const width = Math.max(0, ...records.map(({ name }) => name.length));
  return records.map(({ name, ttl, type, data }) => {
    return `${name.padEnd(width)}  ${String(ttl).padStart(5)}  ${type.padEnd(5)}  ${data}`;
  });
}

function asJson(name: string, type: number, server: string, reply: LookupReply, answer: Answer): object {
  const { by, milliseconds } = reply;
  return { name, type: typeName(type), server, transport: by, milliseconds, ...answer };
}
