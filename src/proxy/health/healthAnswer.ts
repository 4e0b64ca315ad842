/** kube-proxy's answer on a health-check node port, byte for byte: controllers of load balancers parse it. */
import type { HttpAnswer } from '../../host/httpListener.ts';

export interface HealthFacts {
  readonly namespace: string;
  readonly name: string;
  readonly localReady: number;
  /** Rules follow the cluster: without that, what endpoints there are says little about where packets go. */
  readonly proxyHealthy: boolean;
}

/** The same whatever path and method. The Node's own eligibility does not count here, only at /healthz. */
export function healthAnswer({ namespace, name, localReady, proxyHealthy }: HealthFacts): HttpAnswer {
  const answer = {
    service: { namespace, name },
    localEndpoints: localReady,
    serviceProxyHealthy: proxyHealthy,
  };
  return {
    status: localReady > 0 && proxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localReady),
    },
    body: JSON.stringify(answer, null, '\t'),
  };
}
