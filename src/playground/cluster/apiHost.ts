/** The playground's API server, with the controllers that live beside one. */
import { systemClock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { ApiServer } from '../apiserver/apiServer.ts';
import { EndpointSliceController } from '../controllers/endpointSlices.ts';

export interface ApiHost {
  /** On this computer's loopback. */
  readonly url: string;
  close(): Promise<void>;
}

/** Cluster IPs, one range a family: the DNS Service's address is in the first. */
const SERVICE_CIDRS = ['10.96.0.0/16', 'fd00:10:96::/112'];

/** Milliseconds; a real cluster's default is 500, which a newcomer would see as slowness of the agents. */
const SLICE_BATCH = 50;

/** Listens on a port that the system chooses, and on a unix socket for what has a network of its own. */
export async function startApi(socketPath: string, log: Pick<Log, 'warn'>): Promise<ApiHost> {
  const server = new ApiServer({ serviceCIDRs: SERVICE_CIDRS, kubelets: true });
  await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ path: socketPath });
  const slices = new EndpointSliceController(server, { clock: systemClock, batchMs: SLICE_BATCH, log });
  slices.start();
  return {
    url: server.url,
    close() {
      slices.stop();
      return server.close();
    },
  };
}
