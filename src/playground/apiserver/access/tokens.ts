/** Tokens of ServiceAccounts, as the TokenRequest API gives them out. No client looks into one, so they are no JWTs. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../host/clock.ts';
import { type JsonObject, numberAt } from '../objects/json.ts';
import { badRequest } from '../objects/status.ts';
import { timestamp } from '../registry/timestamp.ts';
import type { Account } from './account.ts';

/** Seconds; the real server's default and least. */
const LIFE = 3600;
const SHORTEST = 600;

interface Issued {
  readonly account: Account;
  /** Of the ServiceAccount: one made again under its name is another. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export class Tokens {
  readonly #clock: Clock;
  readonly #issued = new Map<string, Issued>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers a TokenRequest for an account that exists. Throws a 400 for a life that is too short. */
  issue(account: Account, uid: string, request: JsonObject): JsonObject {
    const seconds = numberAt(request, 'spec', 'expirationSeconds') || LIFE;
    if (seconds < SHORTEST)
      throw badRequest(`spec.expirationSeconds: may not specify a duration less than 10 minutes`);
    const token = randomBytes(24).toString('base64url');
    const until = this.#clock.now() + seconds * 1000;
    this.#issued.set(token, { account, uid, until });
    return {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account.name, namespace: account.namespace },
      spec: { expirationSeconds: seconds },
      status: { token, expirationTimestamp: timestamp(until) },
    };
  }

  /**
   * Whose token it is; `undefined` when it is nobody's any more.
   * @param uidOf of the ServiceAccount that exists now, `undefined` when there is none
   */
  accountOf(token: string, uidOf: (account: Account) => string | undefined): Account | undefined {
    const found = this.#issued.get(token);
    if (found === undefined) return undefined;
    if (found.until > this.#clock.now() && uidOf(found.account) === found.uid) return found.account;
    this.#issued.delete(token);
    return undefined;
  }
}
