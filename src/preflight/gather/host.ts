/** How preflight looks at a machine; tests put what they like in its place. */
import type { Exec } from '../../host/exec.ts';
import type { ListeningSocket } from '../../host/listening.ts';
import type { Sysctl } from '../../host/sysctl.ts';

export interface NodeHost {
  readonly exec: Exec;
  readonly sysctl: Pick<Sysctl, 'read'>;
  readonly kernelRelease: () => string;
  /** Text of a file; rejects with the system's error. */
  readonly readText: (path: string) => Promise<string>;
  readonly listeningOn: (ports: ReadonlySet<number>) => Promise<readonly ListeningSocket[]>;
  /** Body of a GET with status 200; rejects otherwise, and soon. */
  readonly fetchText: (url: string) => Promise<string>;
  /** Version of the agent that answers on the control socket; rejects when none does. */
  readonly agentVersion: () => Promise<string>;
}
