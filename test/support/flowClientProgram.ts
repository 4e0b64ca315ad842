/**
 * `node flowClientProgram.ts`: makes the connections that it is told to, a FlowRequest a line on stdin, and tells
 * what became of them, a FlowReply a line on stdout. Requests run side by side, the tries of one after another.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';

export interface FlowRequest {
  readonly id: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly source: string;
  readonly address: string;
  readonly port: number;
  readonly tries: number;
  readonly timeoutMs: number;
}

export interface FlowReply {
  readonly id: number;
  /** One a try: what the server said, or `refused`, or `silence`. The first that is no answer is the last. */
  readonly answers: readonly string[];
}

for await (const line of createInterface(process.stdin)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  void answer(JSON.parse(line) as FlowRequest);
}
process.exit(0);

async function answer(request: FlowRequest): Promise<void> {
  const answers: string[] = [];
  while (answers.length < request.tries) {
    const said = await (request.protocol === 'udp' ? udp(request) : tcp(request));
    answers.push(said);
    if (!/:\d+ /.test(said)) break;
  }
  const reply: FlowReply = { id: request.id, answers };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function tcp({ source, address, port, timeoutMs }: FlowRequest): Promise<string> {
  const socket = createConnection({ host: address, port, localAddress: source });
  const timer = setTimeout(() => socket.destroy(new Error('silence')), timeoutMs);
  try {
    return await textOf(socket);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : error.message;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function udp({ source, address, port, timeoutMs }: FlowRequest): Promise<string> {
  // Not connected: an answer that comes from another address than the one asked must be seen, too.
  const socket = createSocket(source.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, source);
  socket.send('?', port, address);
  try {
    const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(timeoutMs) });
    return String(message);
  } catch {
    return 'silence';
  } finally {
    socket.close();
  }
}
