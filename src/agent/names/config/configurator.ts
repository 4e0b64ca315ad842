/** Keeps the DNS configuration of other programs in force as it changes, and the last good one when it is spoilt. */
import { createHash } from 'node:crypto';
import type { Environment } from '../../../config/corefile/lexer.ts';
import { readCorefile } from '../../../config/corefile/readCorefile.ts';
import type { Ground } from '../../../config/corefile/reading.ts';
import type { DnsConfiguration, ReadConfiguration, Remark } from '../../../config/dnsConfiguration.ts';
import { KUBE_DNS_KEYS, readKubeDns } from '../../../config/kubeDns.ts';
import { at, UnusableConfig } from '../../../config/place.ts';
import { messageOf } from '../../../errors/caught.ts';
import { type Clock, sleep } from '../../../host/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import { Looks, settled } from '../../config/looks.ts';
import { type ConfigContents, type ConfigSource, RecordedTexts, sameText } from './source.ts';

export interface ConfiguratorOptions {
  readonly source: ConfigSource;
  /** What holds where the configuration says nothing, and until there is one. */
  readonly ground: Ground;
  readonly env: Environment;
  readonly apply: (configuration: DnsConfiguration) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DnsConfigState {
  readonly source: string;
  /** When it came into force; 0 while only the flags do. */
  readonly since: number;
  /** SHA-512 of the Corefile, or of kube-dns's keys, in hexadecimal digits; empty before. */
  readonly hash: string;
  readonly configuration: DnsConfiguration;
  /** Of the configuration in force. */
  readonly remarks: readonly Remark[];
  /** Why the newest is not in force; empty when it is. */
  readonly error: string;
  /** Attempts at which there was something wrong. */
  readonly failures: number;
}

/** Names are not kept waiting for a configuration that cannot be had, such as one of an API server that is away. */
const PATIENCE_MS = 3000;

/** What the last attempt saw, and why it was not taken, if so. */
interface Seen {
  readonly contents: ConfigContents;
  readonly texts: RecordedTexts;
  error: string;
}

export class DnsConfigurator {
  readonly #options: ConfiguratorOptions;
  #state: DnsConfigState;
  #seen: Seen | undefined;
  readonly #looks: Looks = new Looks(() => this.#refresh());

  constructor(options: ConfiguratorOptions) {
    this.#options = options;
    const { source, ground } = options;
    this.#state = {
      source: source.name,
      since: 0,
      hash: '',
      configuration: ground.configuration,
      remarks: [],
      error: '',
      failures: 0,
    };
  }

  /** Resolves when the first configuration is in force, or turned out unusable, or is not to be had soon. */
  async start(): Promise<void> {
    const { source, clock } = this.#options;
    source.watch(() => this.#looks.look());
    this.#looks.look();
    await Promise.race([this.#looks.running, sleep(clock, PATIENCE_MS)]);
  }

  async stop(): Promise<void> {
    this.#looks.stop();
    await this.#options.source.stop();
  }

  state(): DnsConfigState {
    return this.#state;
  }

  async #refresh(): Promise<void> {
    try {
      const contents = await this.#settled();
      if (contents === undefined) this.#state = { ...this.#state, error: this.#seen?.error ?? '' };
      else if (!this.#looks.stopped) await this.#take(contents);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** `undefined`: nothing differs from what was seen last. */
  async #settled(): Promise<ConfigContents | undefined> {
    const { source, clock } = this.#options;
    const contents = await source.read();
    if (this.#seen === undefined) return contents;
    if (await this.#same(contents)) return undefined;
    return settled(contents, () => source.read(), sameContents, clock);
  }

  async #same(contents: ConfigContents): Promise<boolean> {
    const { contents: before, texts } = this.#seen ?? {};
    return (
      before !== undefined && sameContents(contents, before) && (await texts?.sameIn(contents.texts)) === true
    );
  }

  async #take(contents: ConfigContents): Promise<void> {
    const { source, clock, log, apply } = this.#options;
    const texts = new RecordedTexts(contents.texts);
    // Remembered before it is read: one that is unusable is not tried again until it changes.
    const seen: Seen = { contents, texts, error: '' };
    this.#seen = seen;
    const { configuration, remarks } = await this.#read(contents, texts).catch((error: unknown) => {
      seen.error = messageOf(error);
      throw error;
    });
    await apply(configuration).catch((error: unknown) => {
      // Not its fault: the next look tries again.
      this.#seen = undefined;
      throw error;
    });
    const taken = { since: clock.now(), hash: hashOf(contents), configuration, remarks, error: '' };
    this.#state = { ...this.#state, ...taken };
    const fields = { from: source.name, warnings: remarks.filter(({ level }) => level === 'warning').length };
    log.info(fields, 'dns: configuration in force');
    for (const remark of remarks) {
      const line = at(remark, remark.message);
      if (remark.level === 'warning') log.warn({ from: source.name }, `dns: ${line}`);
      else log.debug({ from: source.name }, `dns: ${line}`);
    }
  }

  async #read({ corefile, kubeDns }: ConfigContents, texts: RecordedTexts): Promise<ReadConfiguration> {
    const { ground, env } = this.#options;
    const base = readKubeDns(kubeDns, ground);
    if (corefile === undefined) return base;
    const found = await readCorefile(corefile, texts, env, { ...ground, configuration: base.configuration });
    return { ...found, remarks: [...base.remarks, ...found.remarks] };
  }

  /** Told once, however often it is seen. */
  #fail(error: unknown): void {
    const message = messageOf(error);
    if (this.#state.error === message) return;
    const { source, log } = this.#options;
    this.#state = { ...this.#state, error: message, failures: this.#state.failures + 1 };
    const held =
      this.#state.since === 0 ? 'the flags alone are in force' : 'the last good one stays in force';
    const why = error instanceof UnusableConfig ? 'unusable' : 'cannot be read';
    log.error({ from: source.name, error: message }, `dns: configuration ${why}: ${held}`);
  }
}

function hashOf({ corefile, kubeDns }: ConfigContents): string {
  const texts = [corefile, ...KUBE_DNS_KEYS.map((key) => kubeDns[key])];
  return createHash('sha512')
    .update(texts.map((one) => one?.text ?? '').join(''))
    .digest('hex');
}

function sameContents(a: ConfigContents, b: ConfigContents): boolean {
  return (
    sameText(a.corefile, b.corefile) && KUBE_DNS_KEYS.every((key) => sameText(a.kubeDns[key], b.kubeDns[key]))
  );
}
