import { readFile } from 'node:fs/promises';
import { formatSocketAddress, parseSocketAddress } from '../config/address.ts';
import { helpOfFlag } from '../config/help.ts';
import { suggestion } from '../config/nearest.ts';
import { UsageError } from '../config/usageError.ts';
import { parseResolvConf } from '../dns/forward/resolvConf.ts';
import type { SocketAddress } from '../dns/settings.ts';
import { isName } from '../dns/wire/name.ts';
import { type Answer, type AnswerRecord, readAnswer } from '../explain/resolve/answer.ts';
import { type LookupReply, lookUp } from '../explain/resolve/lookup.ts';
import { TYPE_NAMES, typeName, typeNumber } from '../explain/resolve/recordTypes.ts';
import { reverseName } from '../explain/resolve/reverseName.ts';
import { whyNoReply, whyNothing } from '../explain/resolve/why.ts';
import { systemClock } from '../host/clock.ts';
import type { Command } from './command.ts';
import { OUTPUT_OPTION, outputOf, parseOptions } from './options.ts';

const RESOLV_CONF = '/etc/resolv.conf';
const DNS_PORT = 53;

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
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
  ].join('\n'),
  async run(args, io) {
    const flags = { server: { type: 'string' }, tcp: { type: 'boolean' }, ...OUTPUT_OPTION } as const;
    const { values, positionals } = parseOptions(args, flags, 2);
    const output = outputOf(values.output);
    const { name, type } = questionOf(positionals);
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
