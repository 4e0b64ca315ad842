/** How a name is answered, told over the control socket. */
import type { Answered, Step } from '../../dns/server/step.ts';
import { type HttpRoutes, jsonReply, textReply } from '../../telemetry/httpAnswer.ts';

export type Trace = (query: Uint8Array, client: string) => Promise<Answered>;

/** As the control socket sends it. */
export interface Traced {
  readonly step: Step;
  /** Server that the answer came from, now or when it was kept; empty where none did. */
  readonly upstream: string;
  /** The whole reply, base64url; empty where there would be none. */
  readonly reply: string;
}

/** `/trace?query=BASE64URL&client=ADDRESS`: a whole query, and who asks. */
export function traceRoute(trace: Trace | undefined): HttpRoutes[string] {
  return async ({ query: asked }) => {
    if (trace === undefined) return textReply(404, 'this agent answers no names: --dns is off\n');
    const query = Buffer.from(asked.get('query') ?? '', 'base64url');
    return jsonReply(200, tracedOf(await trace(query, asked.get('client') ?? '')));
  };
}

/** `reply` as base64url; empty where the query got none. */
export function tracedOf({ reply, step, upstream }: Answered): Traced {
  return { step, upstream, reply: Buffer.from(reply ?? '').toString('base64url') };
}
