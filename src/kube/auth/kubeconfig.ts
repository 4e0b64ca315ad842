import type { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import { messageOf } from '../../errors/caught.ts';
import { ApiError } from '../transport/apiError.ts';
import type { ClientTls, Connection, Credentials } from '../transport/connection.ts';
import { loadKubeconfig } from './kubeconfigFile.ts';

/**
 * The current context of a kubeconfig file, with every way to authenticate that client-node knows: certificates,
 * tokens, token files, exec plugins, OIDC, basic.
 * @throws Error with the file's name when it cannot be used
 */
export async function kubeconfigConnection(path: string): Promise<Connection> {
  let config = await loadKubeconfig(path);
  let stale = false;
  let underWay: Promise<Credentials> | undefined;

  const make = async (): Promise<Credentials> => {
    try {
      // client-node keeps an exec plugin's answer until it expires, and its proxy agent for good: a new
      // KubeConfig is the way to make both anew.
      if (stale) config = await loadKubeconfig(path);
      stale = false;
      return await credentialsOf(config);
    } catch (error) {
      const message = messageOf(error);
      // An exec plugin's whole stderr is the message.
      throw new ApiError('credentials', message.replaceAll(/\s+/g, ' ').trim(), { cause: error });
    }
  };

  return {
    get server() {
      return serverOf(config);
    },
    credentials() {
      // Five watches start at once; five exec plugins could be five questions to a person.
      underWay ??= make().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    refused() {
      stale = true;
    },
  };
}

function serverOf(config: KubeConfig): string {
  return (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file may end with a newline, which no header can carry.
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
  }
  if (typeof options.auth === 'string' && headers['authorization'] === undefined) {
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const proxied = config.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    headers,
    tls: tlsOf(options),
    ...(proxied && typeof options.agent === 'object' ? { agent: options.agent } : {}),
  };
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): ClientTls {
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}
