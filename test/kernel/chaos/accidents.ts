/** All of them, in an order that a story may keep. */
import type { Accident } from './accident.ts';
import { apiAway } from './accidents/apiAway.ts';
import { clockSet } from './accidents/clockSet.ts';
import { diskFull } from './accidents/diskFull.ts';
import { flushed } from './accidents/flushed.ts';
import { gone, killed } from './accidents/killed.ts';
import { memoryLimit } from './accidents/memoryLimit.ts';
import { programsFail } from './accidents/programsFail.ts';
import { rollingUpdate } from './accidents/rollingUpdate.ts';

export const ACCIDENTS: readonly Accident[] = [
  clockSet,
  rollingUpdate,
  killed,
  gone,
  apiAway,
  diskFull,
  memoryLimit,
  flushed,
  programsFail,
];
