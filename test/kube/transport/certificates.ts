import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Issued {
  readonly commonName?: string;
  /** `IP:127.0.0.1,DNS:api.example` */
  readonly names?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY = 86_400_000;

/** A certificate authority, made by the openssl program for one test file. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fairlead-ca-'));
  readonly cert: string;
  #issued = 0;

  constructor(commonName = 'test authority') {
    this.#openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      `/CN=${commonName}`,
      '-days',
      '2',
    );
    this.cert = this.#read('ca.crt');
    writeFileSync(join(this.#folder, 'index.txt'), '');
  }

  issue(what: Issued = {}): KeyPair {
    const { commonName = 'server', names = 'IP:127.0.0.1' } = what;
    const { notBefore = new Date(Date.now() - DAY), notAfter = new Date(Date.now() + DAY) } = what;
    const name = `issued-${this.#issued++}`;
    this.#openssl(
      'req',
      '-new',
      ...NEW_KEY,
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${commonName}`,
    );
    writeFileSync(join(this.#folder, 'ca.cnf'), CONFIG.replace('NAMES', names));
    const dates = ['-startdate', asn1(notBefore), '-enddate', asn1(notAfter)];
    const files = ['-cert', 'ca.crt', '-keyfile', 'ca.key', '-in', `${name}.csr`, '-out', `${name}.crt`];
    this.#openssl('ca', '-config', 'ca.cnf', '-batch', '-notext', ...files, ...dates);
    return { cert: this.#read(`${name}.crt`), key: this.#read(`${name}.key`) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];

const CONFIG = `
[ca]
default_ca = d
[d]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
unique_subject = no
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = NAMES
`;

function asn1(date: Date): string {
  return `${date.toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`;
}
