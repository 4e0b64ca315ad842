import type { Agent } from 'node:http';

/** Which API server, and how we prove to it who we are. */
export interface Connection {
  /** Base URL without a slash at its end: `https://10.96.0.1:443`. A path may follow, as behind Rancher. */
  readonly server: string;
  /**
   * For the next request: renewed where the last are about to expire.
   * @throws ApiError `credentials`
   */
  credentials(): Promise<Credentials>;
  /** The server answered 401: the next credentials are to be read or made anew. */
  refused(): void;
}

export interface Credentials {
  /** `authorization`, and `impersonate-user` where a kubeconfig asks for it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ClientTls;
  /** Set where the way leads through a proxy; else the transport's own agent is used. */
  readonly agent?: Agent;
}

/** In PEM. The names are node:tls's own. */
export interface ClientTls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}
