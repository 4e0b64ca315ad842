/** A certificate that a server signs for itself (RFC 5280): who trusts it as its authority can check the server by it. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bytesOf } from '../../../net/ip.ts';
import { bitString, integer, octetString, oid, sequence, set, tagged, TRUE, utcTime, utf8 } from './der.ts';

/** Both as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const DAY = 86_400_000;
const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;
/** Of GeneralName. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/**
 * For a year from yesterday, as clocks differ.
 * @param names addresses and host names that the server is reached by
 */
export function selfSigned(commonName: string, names: readonly string[], now: number): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(set(sequence(oid(OID.commonName), utf8(commonName))));
  const version3 = tagged(0, integer(Buffer.of(2)));
  const body = sequence(
    version3,
    integer(Buffer.from([0x40, ...randomBytes(15)])),
    algorithm,
    name,
    sequence(utcTime(new Date(now - DAY)), utcTime(new Date(now + 365 * DAY))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(isAuthority(), alternativeNames(names))),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)));
  return { cert: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function isAuthority(): Buffer {
  return sequence(oid(OID.basicConstraints), TRUE, octetString(sequence(TRUE)));
}

function alternativeNames(names: readonly string[]): Buffer {
  const general = names.map((name) =>
    isIP(name) === 0 ? tagged(DNS_NAME, Buffer.from(name), false) : tagged(IP_ADDRESS, bytesOf(name), false),
  );
  return sequence(oid(OID.subjectAltName), octetString(sequence(...general)));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
