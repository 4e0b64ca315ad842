import { POD_PORTS } from '../cluster/objects.ts';
import { startPodServer } from './server.ts';

/** The process of a pod: serves until it is killed. Its first line of output says that it listens. */
export async function runPod(pod: string, node: string): Promise<never> {
  await startPodServer({ pod, node, port: POD_PORTS.http, echoPort: POD_PORTS.echo });
  process.stdout.write('listening\n');
  return new Promise<never>(() => undefined);
}
