/** `resolve --trace`: how the agent of this node comes to its answer, or would from a source. */
import DNS from 'dns2';
import type { Traced } from '../agent/names/traceRoute.ts';
import { loadSettings } from '../config/load.ts';
import { type Answer, readAnswer } from '../explain/resolve/answer.ts';
import { queryOf } from '../explain/resolve/lookup.ts';
import { stepText } from '../explain/resolve/step.ts';
import { askAgent, NoAgentError } from './agent/askAgent.ts';
import { socketPathOf } from './agent/runDir.ts';
import type { CommandIo } from './line/command.ts';

export interface TraceQuestion {
  readonly name: string;
  readonly type: number;
  /** Who asks; only a pod's search list depends on it. */
  readonly client: string | undefined;
  readonly runDir: string | undefined;
  /** For where no agent runs. */
  readonly source: { readonly manifests?: string | undefined; readonly kubeconfig?: string | undefined };
}

export interface TraceResult {
  readonly answer: Answer;
  /** `the agent of this node` */
  readonly by: string;
  readonly step: Traced['step'];
  readonly upstream: string;
  /** The step as a sentence's end. */
  readonly told: string;
}

/** @throws Error when there is neither an agent nor a source */
export async function traceName(question: TraceQuestion, io: CommandIo): Promise<TraceResult> {
  const query = queryOf(question.name, question.type);
  const client = question.client ?? '127.0.0.1';
  const [by, { step, upstream, reply }] = await tracedBy(question, query, client, io);
  if (reply === '') throw new Error('the agent would not reply to this query');
  const answer = readAnswer(DNS.Packet.parse(Buffer.from(reply, 'base64url')));
  const ttls = answer.answers.map(({ ttl }) => ttl);
  const ttl = ttls.length === 0 ? undefined : Math.min(...ttls);
  return { answer, by, step, upstream, told: stepText({ step, upstream, ttl }) };
}

async function tracedBy(
  { runDir, source }: TraceQuestion,
  query: Buffer,
  client: string,
  io: CommandIo,
): Promise<[by: string, Traced]> {
  try {
    return ['the agent of this node', await askTrace(socketPathOf(runDir), query, client)];
  } catch (error) {
    if (!(error instanceof NoAgentError)) throw error;
    const { manifests, kubeconfig } = source;
    if (manifests === undefined && kubeconfig === undefined) {
      throw new Error(`${error.message}; --manifests or --kubeconfig would tell from a source`, {
        cause: error,
      });
    }
    const given = Object.entries(source).filter(([, value]) => value !== undefined);
    const host = { env: io.env, hostname: () => 'here', readText: () => Promise.resolve('') };
    const { settings } = await loadSettings(Object.fromEntries(given), host);
    const { tracePicture } = await import('../agent/names/tracePicture.ts');
    const traced = await tracePicture({ settings, query, client, env: io.env, signal: io.signal });
    if (traced === undefined) throw new Error('stopped', { cause: error });
    return [manifests ?? `API server of ${kubeconfig}`, traced];
  }
}

/** How the agent would answer a query of a client. @throws NoAgentError when none runs, Error when it cannot tell */
export async function askTrace(socketPath: string, query: Buffer, client: string): Promise<Traced> {
  const parameters = new URLSearchParams({ query: query.toString('base64url'), client });
  const traced = await askAgent(socketPath, `/trace?${parameters.toString()}`);
  if (!isTraced(traced)) throw new Error('the agent is of another version: it tells no traces');
  return traced;
}

function isTraced(value: unknown): value is Traced {
  if (typeof value !== 'object' || value === null) return false;
  return ['step', 'upstream', 'reply'].every(
    (key) => typeof Object.entries(value).find(([k]) => k === key)?.[1] === 'string',
  );
}
