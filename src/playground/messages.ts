/** What the two halves of a playground tell each other, one JSON object a line. */
import * as v from 'valibot';

/** From the inside to the outside. */
export interface InsideEvent {
  /** `laid`: the machines run and can be entered. `ready`: every agent that was asked for is ready. */
  readonly event: 'laid' | 'ready' | 'agent-ended' | 'failed';
  /** Of `failed` what went wrong, of `agent-ended` the node. */
  readonly message?: string | undefined;
}

/** From the outside to the inside. The end of this stream is the end of the playground. */
export interface Order {
  readonly order: 'start-agent';
  readonly node: string;
}

const EventSchema: v.GenericSchema<unknown, InsideEvent> = v.object({
  event: v.picklist(['laid', 'ready', 'agent-ended', 'failed']),
  message: v.optional(v.string()),
});

const OrderSchema: v.GenericSchema<unknown, Order> = v.object({
  order: v.literal('start-agent'),
  node: v.string(),
});

export function readEvent(line: string): InsideEvent {
  return v.parse(EventSchema, JSON.parse(line));
}

export function readOrder(line: string): Order {
  return v.parse(OrderSchema, JSON.parse(line));
}

export function writeMessage(message: InsideEvent | Order): string {
  return `${JSON.stringify(message)}\n`;
}
