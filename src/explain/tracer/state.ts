/** A packet on its way through the rules, and the way it has come. */

/** One rule that the packet was held against. */
export interface Step {
  readonly table: string;
  readonly chain: string;
  /** What follows `-A CHAIN`. */
  readonly rule: string;
  readonly holds: boolean;
  /** Ways that part share what they have in common: a Service may have a thousand endpoints. */
  readonly before: Step | undefined;
}

export interface State {
  /** That a packet comes this way: matches of chance part ways. */
  readonly probability: number;
  readonly destination: string;
  readonly port: number;
  readonly mark: number;
  /** Connection tracking follows it; without that, there is no NAT either. */
  readonly tracked: boolean;
  readonly rewritten: boolean;
  readonly masqueraded: boolean;
  readonly refused: 'reject' | 'drop' | undefined;
  /** What rules did to sets, by name and element: put in, or taken out. */
  readonly sets: ReadonlyMap<string, boolean>;
  readonly last: Step | undefined;
  /** Steps so far. */
  readonly walked: number;
}
