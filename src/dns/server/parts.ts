/** What answering takes, whoever asks. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Answers } from '../answers/answers.ts';
import type { ReplyWriter } from '../answers/writer.ts';
import type { HotReply } from '../cache/hotRecord.ts';
import type { Forwarder } from '../forward/forwarder.ts';
import type { RuleBook } from '../rules/ruleBook.ts';
import type { Query } from '../wire/query.ts';
import type { DnsCounters } from './counters.ts';
import type { QueryLog } from './queryLog.ts';

export interface Parts {
  readonly answers: Answers;
  readonly writer: ReplyWriter;
  readonly forwarder: Forwarder | undefined;
  /** What is answered otherwise than the zone or an upstream server would. */
  readonly rules: RuleBook;
  /** As in the settings. */
  readonly search?: readonly string[] | undefined;
  /** Offers a kept answer to those who answer beside us; nobody does, if absent. */
  readonly share?: (query: Query, hot: HotReply) => void;
  readonly counters: DnsCounters;
  readonly queryLog: QueryLog;
  readonly clock: Clock;
  readonly log: Log;
  /** Seed of `Query`, the same as that of the answers. */
  readonly seed: number;
}
