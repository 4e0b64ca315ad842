import { createHash } from 'node:crypto';
import type { Connection } from '../transport/connection.ts';

/**
 * Tells clusters apart: the API server's address, which many clusters share, and a hash of the CA that it is trusted
 * by, which no two do. `https://10.96.0.1:443, CA 0123456789abcdef`. @throws ApiError `credentials`
 */
export async function clusterOf(connection: Pick<Connection, 'server' | 'credentials'>): Promise<string> {
  const { ca } = (await connection.credentials()).tls;
  if (ca === undefined) return connection.server;
  return `${connection.server}, CA ${createHash('sha256').update(ca).digest('hex').slice(0, 16)}`;
}
