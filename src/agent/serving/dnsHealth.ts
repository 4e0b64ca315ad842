/** The probes of CoreDNS and of kube-dns' exechealthz, on their paths, from a real query to our own socket. */
import { type HttpReply, type HttpRoutes, textReply } from '../../telemetry/httpAnswer.ts';
import type { HealthView } from './health.ts';

/** What a liveness probe does not depend on: a restart would not bring the API server back. */
const NAMES = 'dns';

/**
 * /health, CoreDNS's liveness: only a server that should answer and does not is unhealthy, one that is still reading
 * the cluster is not. /healthz, exechealthz's: whether names are answered.
 */
export function dnsHealthRoutes(view: Pick<HealthView, 'namesOpened' | 'readiness'>): HttpRoutes {
  const healthz = async (): Promise<HttpReply> => {
    const wrong = (await view.readiness()).get(NAMES) ?? '';
    return wrong === '' ? textReply(200, 'OK') : textReply(503, `${wrong}\n`);
  };
  return { '/health': () => (view.namesOpened() ? healthz() : textReply(200, 'OK')), '/healthz': healthz };
}

/** /ready, with what is not ready by name, as CoreDNS names its plugins. Asked again each time, and never after a stop. */
export function dnsReadyRoutes(view: Pick<HealthView, 'readiness'>): HttpRoutes {
  return {
    '/ready': async () => {
      const wrong = [...(await view.readiness())].filter(([, why]) => why !== '').map(([part]) => part);
      return wrong.length === 0 ? textReply(200, 'OK') : textReply(503, wrong.join(','));
    },
  };
}
