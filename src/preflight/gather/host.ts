/** How preflight looks at a machine and a cluster; tests put what they like in their place. */
import type { Exec } from '../../host/exec.ts';
import type { ListeningSocket } from '../../host/listening.ts';
import type { Sysctl } from '../../host/sysctl.ts';
import type { Transport } from '../../kube/transport/transport.ts';

export interface NodeHost {
  readonly exec: Exec;
  readonly sysctl: Pick<Sysctl, 'read'>;
  readonly kernelRelease: () => string;
  /** Text of a file; rejects with the system's error. */
  readonly readText: (path: string) => Promise<string>;
  readonly listeningOn: (ports: ReadonlySet<number>) => Promise<readonly ListeningSocket[]>;
  readonly seesAllProcesses: () => Promise<boolean>;
  /** Body of a GET with status 200; rejects otherwise, and soon. */
  readonly fetchText: (url: string) => Promise<string>;
  /** Version of the agent that answers on the control socket; rejects when none does. */
  readonly agentVersion: () => Promise<string>;
}

export interface ClusterHost {
  readonly transport: Pick<Transport, 'request'>;
  /** URL of the API server. */
  readonly server: string;
}
