import type { Settings } from '../config/settings.ts';
import type { ClusterFacts } from './clusterFacts.ts';
import type { Looked } from './looked.ts';
import type { NodeFacts } from './nodeFacts.ts';

/** All that the checks go by: nothing is asked after this has been gathered. */
export interface Facts {
  /** What the agent would run with. */
  readonly settings: Settings;
  /** Absent: this machine was not looked at. */
  readonly node: Looked<NodeFacts>;
  /** Absent: no API server was named. Unknown: it could not be reached. */
  readonly cluster: Looked<ClusterFacts>;
}
