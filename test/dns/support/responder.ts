/** The server's inner part, without sockets: what tests with very many packets talk to. */
import type { Picture } from '../../../src/catalog/picture.ts';
import { Answers } from '../../../src/dns/answers/answers.ts';
import { ReplyWriter } from '../../../src/dns/answers/writer.ts';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { RuleBook } from '../../../src/dns/rules/ruleBook.ts';
import { DnsCounters } from '../../../src/dns/server/counters.ts';
import { QueryLog } from '../../../src/dns/server/queryLog.ts';
import type { Link } from '../../../src/dns/server/readyReplies.ts';
import { Responder } from '../../../src/dns/server/responder.ts';
import type { DnsSettings } from '../../../src/dns/settings.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { SETTINGS } from './cluster.ts';

/** By UDP to clients beyond the node, and by TCP. */
export const UDP: Link = { protocol: 0, family: 0, limit: 1232 };
export const TCP: Link = { protocol: 1, family: 1, limit: 65_535 };

export interface TestResponder {
  readonly responder: Responder;
  readonly answers: Answers;
  readonly rules: RuleBook;
  readonly counters: DnsCounters;
  readonly log: FakeLog;
}

export function makeResponder(
  picture: Picture,
  forwarder?: Forwarder,
  settings: Partial<DnsSettings> = {},
): TestResponder {
  const counters = new DnsCounters();
  const log = new FakeLog();
  const writer = new ReplyWriter(Math.random);
  const answers = new Answers({ ...SETTINGS, ...settings }, writer.order);
  answers.update(picture, undefined, 1);
  const rules = new RuleBook();
  const queryLog = new QueryLog(log);
  const clock = new FakeClock();
  const parts = { answers, writer, forwarder, rules, counters, queryLog, clock, log, seed: 1 };
  return { responder: new Responder(parts), answers, rules, counters, log };
}
