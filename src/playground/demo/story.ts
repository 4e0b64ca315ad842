/** The story that `fairlead playground --demo` tells, step by step, and whether all of it held. */
import { sleep, systemClock } from '../../host/clock.ts';
import { type Stage, type Step, StepFailure } from './step.ts';
import { applyService } from './steps/applyService.ts';
import { explainService } from './steps/explainService.ts';
import { ipv6 } from './steps/ipv6.ts';
import { killAgent } from './steps/killAgent.ts';
import { killEndpoint } from './steps/killEndpoint.ts';
import { nodePort } from './steps/nodePort.ts';
import { readRules } from './steps/readRules.ts';
import { refusingEndpoint } from './steps/refusingEndpoint.ts';
import { resolveName } from './steps/resolveName.ts';
import { restartAgent } from './steps/restartAgent.ts';
import { scaleToZero } from './steps/scaleToZero.ts';
import { sessionAffinity } from './steps/sessionAffinity.ts';
import { spreadRequests } from './steps/spreadRequests.ts';
import { switchBack } from './steps/switchBack.ts';
import { switchMode } from './steps/switchMode.ts';
import type { Teller } from './teller.ts';

export const STORY: readonly Step[] = [
  applyService,
  resolveName,
  spreadRequests,
  nodePort,
  sessionAffinity,
  scaleToZero,
  explainService,
  killEndpoint,
  readRules,
  ipv6,
  switchMode,
  refusingEndpoint,
  switchBack,
  killAgent,
  restartAgent,
];

export interface StoryOutcome {
  readonly held: number;
  readonly failed: Step | undefined;
}

/**
 * Tells the steps in order and stops at the first that does not hold: the later ones build on it.
 * @param pauseMs between two steps, for a reader to follow; 0 in a pipe
 */
export async function tellStory(
  steps: readonly Step[],
  stage: Stage,
  teller: Teller,
  pauseMs: number,
): Promise<StoryOutcome> {
  for (const [i, step] of steps.entries()) {
    if (i > 0 && pauseMs > 0) await sleep(systemClock, pauseMs);
    teller.title(`${i + 1}/${steps.length}  ${step.title}`);
    teller.story(step.story);
    try {
      await step.run(stage);
      teller.good(step.title);
    } catch (error) {
      const what = error instanceof StepFailure ? `expected ${error.expected}` : String(error);
      teller.bad(`${step.title}: ${what}`);
      if (error instanceof StepFailure) teller.bad(`exit code ${error.output.code}, output as shown above`);
      return { held: i, failed: step };
    }
  }
  return { held: steps.length, failed: undefined };
}
