/** TLS to a server whose certificate is checked. */
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import type { DnsServer, ServerTls } from '../../net/dnsServer.ts';

/**
 * A connection that fails, by its `error` event, where the certificate is not signed by a known authority or is for
 * another name. `session` is of an earlier connection to the same server, and saves a part of the handshake.
 * @throws Error when the file of authorities cannot be read
 */
export function connectTls(
  { address, port }: DnsServer,
  { serverName, caFile }: ServerTls,
  session?: Buffer,
): TLSSocket {
  return connect({
    host: address,
    port,
    minVersion: 'TLSv1.2',
    // Without a name the certificate is held against the address.
    ...(serverName === '' ? {} : { servername: serverName }),
    // Read anew for each connection: authorities change, and connections are few.
    ...(caFile === '' ? {} : { ca: readFileSync(caFile) }),
    ...(session === undefined ? {} : { session }),
  });
}
