/** Which step of the server answered, told to a person. */
import type { Step } from '../../dns/server/step.ts';

export interface StepTold {
  readonly step: Step;
  /** Empty where no other server had a part in it. */
  readonly upstream: string;
  /** Seconds that the answer is kept for; `undefined` when it has no records. */
  readonly ttl: number | undefined;
}

export function stepText({ step, upstream, ttl }: StepTold): string {
  const from = upstream === '' ? '' : `, from ${upstream}`;
  const left = ttl === undefined ? '' : `, kept for ${ttl} s more`;
  switch (step) {
    case 'zone':
      return `the cluster's own zone${from}`;
    case 'search':
      return `the search list of the pod, gone through for it${from}`;
    case 'rules':
      return 'a rule or hosts entry of the configuration';
    case 'cache':
      return `the cache${from}${left}`;
    case 'stale':
      return `the cache, past its time, as no server answers${from}`;
    case 'forward':
      return upstream === '' ? 'no upstream server in time' : `the upstream server ${upstream}`;
    case 'busy':
      return 'nobody: too many queries wait for upstream servers';
    case 'loop':
      return 'nobody: the query is one of ours that came back';
    case 'refused':
      return "nobody: it is no name of the cluster's, and no server is to be asked for it";
    case 'chaos':
      return 'what the server says of itself';
    case 'none':
      return 'nobody: the query itself is refused';
    default:
      return step satisfies never;
  }
}
