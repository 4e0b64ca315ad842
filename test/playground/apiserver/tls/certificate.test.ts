import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ApiServer } from '../../../../src/playground/apiserver/apiServer.ts';
import { selfSigned } from '../../../../src/playground/apiserver/tls/certificate.ts';

const NAMES = ['192.168.100.1', 'fd00:192:168:100::1', '127.0.0.1', 'kubernetes.default.svc'];

test('it is read as what it should be', () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const certificate = new X509Certificate(selfSigned('playground', NAMES, now).cert);
  expect(certificate).toMatchObject({
    subject: 'CN=playground',
    issuer: 'CN=playground',
    validFrom: 'Jan  1 03:04:05 2026 GMT',
    validTo: 'Jan  2 03:04:05 2027 GMT',
    ca: true,
  });
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  for (const ip of NAMES.slice(0, 3)) expect(certificate.checkIP(ip), ip).toBe(ip);
  expect(certificate.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
  expect(certificate.checkHost('elsewhere')).toBeUndefined();
});

test.each([
  ['who trusts it is let in', true],
  ['who does not is not', false],
])('a server has it: %s', async (_, trusts) => {
  const { cert, key } = selfSigned('playground', NAMES, Date.now());
  const other = selfSigned('another', NAMES, Date.now()).cert;
  const server = new ApiServer();
  const address = await server.listen({ host: '127.0.0.1', port: 0, tls: { cert, key } });
  const port = 'port' in address ? address.port : 0;
  const socket = connect({ host: '127.0.0.1', port, ca: trusts ? cert : other });
  const connected = once(socket, 'secureConnect').then(
    () => 'connected',
    (error: NodeJS.ErrnoException) => error.code,
  );
  expect(await connected).toBe(trusts ? 'connected' : 'DEPTH_ZERO_SELF_SIGNED_CERT');
  socket.destroy();
  await server.close();
});
