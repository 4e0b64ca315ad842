import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { messageOf } from '../../errors/caught.ts';
import type { Clock } from '../../host/clock.ts';
import { ApiError } from '../transport/apiError.ts';
import type { Connection, Credentials } from '../transport/connection.ts';

/** Where the kubelet mounts a pod's ServiceAccount. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet replaces a token at 80 % of its life, an hour by default, and the old one stays valid till its end. */
const REREAD_MS = 60_000;

export interface InClusterOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Folder with `token` and `ca.crt`. */
  readonly folder?: string;
  readonly read?: (path: string) => Promise<string>;
}

/**
 * The pod's own credentials. Needs nothing but two files, and so none of the memory of a Kubernetes client library.
 * @throws Error outside a pod
 */
export function inClusterConnection(options: InClusterOptions): Connection {
  const { env, clock, folder = SERVICE_ACCOUNT, read = (path) => readFile(path, 'utf8') } = options;
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || port === '') {
    throw new Error(
      'not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set (give --kubeconfig or --manifests)',
    );
  }
  let known: { readonly credentials: Credentials; readonly readAt: number } | undefined;

  const load = async (): Promise<Credentials> => {
    const [token, ca] = await Promise.all([read(`${folder}/token`), read(`${folder}/ca.crt`)]);
    if (token.trim() === '') throw new Error(`${folder}/token is empty`);
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  };

  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    async credentials() {
      if (known !== undefined && clock.monotonic() - known.readAt < REREAD_MS) return known.credentials;
      try {
        known = { credentials: await load(), readAt: clock.monotonic() };
      } catch (error) {
        // While the files are being replaced the last token is still good; if it is not, a 401 says so.
        if (known === undefined) throw credentialsError(error);
      }
      return known.credentials;
    },
    refused() {
      known = undefined;
    },
  };
}

function credentialsError(error: unknown): ApiError {
  const message = messageOf(error);
  return new ApiError('credentials', `the pod's ServiceAccount cannot be read: ${message}`, { cause: error });
}
