/** The playground's API server, with the controllers that live beside one. */
import { systemClock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { ApiServer } from '../apiserver/apiServer.ts';
import type { KeyPair } from '../apiserver/tls/certificate.ts';
import { DaemonSetController } from '../controllers/daemonSets.ts';
import { EndpointSliceController } from '../controllers/endpointSlices.ts';

export interface ApiHost {
  /** On this computer's loopback. */
  readonly url: string;
  close(): Promise<void>;
}

/** Cluster IPs, one range a family: the DNS Service's address is in the first. */
const SERVICE_CIDRS = ['10.96.0.0/16', 'fd00:10:96::/112'];

/** Milliseconds; a real cluster's default is 500, which a newcomer would see as slowness of the agents. */
const BATCH = 50;

export interface ApiHostSettings {
  /** A unix socket, for the playground's own controllers. */
  readonly socket: string;
  /** Another, that speaks HTTPS: for what has a network of its own. */
  readonly secureSocket: string;
  readonly tls: KeyPair;
  readonly log: Pick<Log, 'warn'>;
}

/** Listens on both sockets, and without TLS on a port that the system chooses. */
export async function startApi(settings: ApiHostSettings): Promise<ApiHost> {
  const { socket, secureSocket, tls, log } = settings;
  const server = new ApiServer({ serviceCIDRs: SERVICE_CIDRS, kubelets: true });
  await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ path: socket });
  await server.listen({ path: secureSocket, tls });
  const controllers = [
    new EndpointSliceController(server, { clock: systemClock, batchMs: BATCH, log }),
    new DaemonSetController(server, { clock: systemClock, batchMs: BATCH, log }),
  ];
  for (const controller of controllers) controller.start();
  return {
    url: server.url,
    close() {
      for (const controller of controllers) controller.stop();
      return server.close();
    },
  };
}
