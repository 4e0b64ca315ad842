/** Facts from the agent, or from a source where none runs, made into a story. */
import DNS from 'dns2';
import type { Traced } from '../../agent/names/traceRoute.ts';
import { VERSION } from '../../agent/version.ts';
import type { Settings } from '../../config/settings.ts';
import type { Asked } from '../../explain/facts/asked.ts';
import type { Facts } from '../../explain/facts/facts.ts';
import { readAnswer } from '../../explain/resolve/answer.ts';
import { queryOf } from '../../explain/resolve/lookup.ts';
import { typeNumber } from '../../explain/resolve/recordTypes.ts';
import { explain } from '../../explain/story/explain.ts';
import { type NameQuestion, type NameTold, questionsOf } from '../../explain/story/names.ts';
import { explanationText } from '../../explain/story/text.ts';
import { askAgent, NoAgentError } from '../agent/askAgent.ts';
import { askTrace } from '../resolveTrace.ts';
import type { CommandIo } from '../line/command.ts';
import { socketPathOf } from '../agent/runDir.ts';

export interface StoryQuestion {
  /** As it was typed. */
  readonly what: string;
  readonly asked: Asked;
  readonly from: string | undefined;
  readonly probe: boolean;
}

export interface Story {
  readonly works: boolean;
  readonly text: string;
  readonly json: object;
}

export type Ask = (query: Buffer, client: string) => Promise<Traced>;

interface Told {
  readonly facts: Facts;
  readonly ask: Ask;
}

/** Rules of a large cluster take seconds to read, endpoints that do not answer as long again. */
const LIMIT_MS = 60_000;

/** @throws Error when there is neither an agent nor a source */
export async function tellStory(question: StoryQuestion, settings: Settings, io: CommandIo): Promise<Story> {
  const { facts, ask } = await toldBy(question, settings, io);
  // DNS knows pods by their address; of nobody in particular, nobody's search list is gone through.
  const client = question.from ?? '127.0.0.1';
  const names = await Promise.all(questionsOf(facts).map((one) => askName(one, ask, client)));
  const explanation = explain(facts, names);
  return {
    works: explanation.works,
    text: explanationText(explanation, facts, names),
    json: { asked: question.what, ...explanation, names, facts },
  };
}

async function toldBy(question: StoryQuestion, settings: Settings, io: CommandIo): Promise<Told> {
  const socket = socketPathOf(settings.runDir);
  try {
    const facts = await askAgent(socket, `/explain?${parametersOf(question)}`, { timeoutMs: LIMIT_MS });
    if (!isOfOurVersion(facts)) {
      throw new Error(`the agent is of another version than this program (${VERSION}): run its own`);
    }
    return { facts, ask: (query, client) => askTrace(socket, query, client) };
  } catch (error) {
    if (!(error instanceof NoAgentError)) throw error;
    if (settings.manifests === '' && settings.kubeconfig === '') {
      throw new Error(`${error.message}; --manifests or --kubeconfig would tell from a source`, {
        cause: error,
      });
    }
    const { factsFromSource } = await import('../../agent/explaining/fromSource.ts');
    const found = await factsFromSource(question, settings, io.env, io.signal);
    if (found === undefined) throw new Error('stopped', { cause: error });
    return { facts: found.facts, ask: found.trace };
  }
}

function parametersOf({ what, from, probe }: StoryQuestion): string {
  const parameters = new URLSearchParams({ what });
  if (from !== undefined) parameters.set('from', from);
  if (!probe) parameters.set('probe', 'no');
  return parameters.toString();
}

/** Of one version is of one shape: during an upgrade the agent may still be the old one. */
function isOfOurVersion(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === VERSION;
}

/** What DNS says to one question. */
export async function askName({ name, type }: NameQuestion, ask: Ask, client: string): Promise<NameTold> {
  const { reply } = await ask(queryOf(name, typeNumber(type) ?? 1), client);
  if (reply === '') return { name, type, rcode: 'no reply', records: [], why: '' };
  const answer = readAnswer(DNS.Packet.parse(Buffer.from(reply, 'base64url')));
  const records = answer.answers.map((record) => `${record.type} ${record.data}`);
  return { name, type, rcode: answer.rcode, records, why: answer.explanation ?? '' };
}
