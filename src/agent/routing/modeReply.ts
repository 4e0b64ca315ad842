/** `/mode` of the control socket: tells the mode, or switches to another. */
import { messageOf } from '../../errors/caught.ts';
import { type HttpQuestion, type HttpReply, jsonReply, textReply } from '../../telemetry/httpAnswer.ts';
import type { ModeSwitch } from '../../proxy/modeSwitch.ts';

export async function modeReply(
  modes: Pick<ModeSwitch, 'mode' | 'to'> | undefined,
  { method, query }: HttpQuestion,
): Promise<HttpReply> {
  if (modes === undefined) return textReply(409, 'this agent does not route: --proxy off\n');
  if (method !== 'POST') return jsonReply(200, { mode: modes.mode });
  const to = query.get('to');
  if (to !== 'iptables' && to !== 'userspace') {
    return textReply(400, `"${to ?? ''}" is none of iptables, userspace\n`);
  }
  try {
    await modes.to(to);
    return jsonReply(200, { mode: modes.mode });
  } catch (error) {
    return textReply(409, `${messageOf(error)}\n`);
  }
}
