/** The playground's API server, with the controllers that live beside one. */
import { ApiServer } from '../apiserver/apiServer.ts';

export interface ApiHost {
  /** On this computer's loopback. */
  readonly url: string;
  close(): Promise<void>;
}

/** Cluster IPs, one range a family: the DNS Service's address is in the first. */
const SERVICE_CIDRS = ['10.96.0.0/16', 'fd00:10:96::/112'];

/** Listens on a port that the system chooses, and on a unix socket for what has a network of its own. */
export async function startApi(socketPath: string): Promise<ApiHost> {
  const server = new ApiServer({ serviceCIDRs: SERVICE_CIDRS, kubelets: true });
  await server.listen({ host: '127.0.0.1', port: 0 });
  await server.listen({ path: socketPath });
  return { url: server.url, close: () => server.close() };
}
