/** `/explain` of the control socket: all that is known of one Service. */
import { readAsked } from '../../explain/facts/asked.ts';
import { canonicalIP } from '../../net/ip.ts';
import { type HttpRoutes, jsonReply, textReply } from '../../telemetry/httpAnswer.ts';
import { gatherFacts } from './gather.ts';
import type { ExplainView } from './view.ts';

/** `/explain?what=shop%2Fweb&from=10.244.1.2&probe=no`; `what` as `readAsked` reads it. */
export function explainRoute(view: ExplainView): HttpRoutes[string] {
  return async ({ query }) => {
    const asked = readAsked(query.get('what') ?? '');
    const given = query.get('from');
    const from = given === null ? undefined : canonicalIP(given);
    if (asked === undefined) return textReply(400, `nothing to explain: ${query.get('what')}\n`);
    if (given !== null && from === undefined) return textReply(400, `no address: ${given}\n`);
    return jsonReply(200, await gatherFacts({ asked, from, probe: query.get('probe') !== 'no' }, view));
  };
}
