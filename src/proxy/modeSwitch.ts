/** Going from one mode to the other while connections run, and back when the new one does not work. */
import { messageOf } from '../errors/caught.ts';
import type { Log } from '../telemetry/log.ts';
import type { Mode } from './backend.ts';
import type { ModesBackend } from './modesBackend.ts';
import type { Syncer } from './syncer.ts';

/** Whether Services are reached, as somebody on this node sees it. */
export interface ModeProbe {
  /** To be called before the switch: what cannot be reached then says nothing about the new mode. */
  prepare(): Promise<ModeCheck>;
}

export interface ModeCheck {
  /** What is wrong now and was not before; empty when nothing is. */
  check(): Promise<string>;
}

export interface ModeSwitchOptions {
  readonly backend: Pick<ModesBackend, 'mode' | 'relays' | 'release'>;
  readonly syncer: Pick<Syncer, 'reprogram'>;
  readonly probe: ModeProbe;
  readonly log: Log;
}

export class ModeSwitch {
  readonly #options: ModeSwitchOptions;
  #to: Mode | undefined;
  #settled: Promise<unknown> = Promise.resolve();
  /** What the settings say, and a restart goes to. */
  configured: Mode;

  constructor(options: ModeSwitchOptions) {
    this.#options = options;
    this.configured = options.backend.mode;
  }

  get mode(): Mode {
    return this.#options.backend.mode;
  }

  /** Settled when no switch is under way. */
  get settled(): Promise<unknown> {
    return this.#settled;
  }

  /** Rejects with what went wrong, once the mode before is in force again. */
  async to(mode: Mode): Promise<void> {
    if (this.#to !== undefined) throw new Error(`a switch to ${this.#to} is under way`);
    const before = this.#options.backend.mode;
    if (mode === before) return;
    this.#to = mode;
    const switching = this.#switch(before, mode);
    this.#settled = Promise.allSettled([switching]);
    await switching;
  }

  async #switch(before: Mode, mode: Mode): Promise<void> {
    const { probe, log } = this.#options;
    try {
      const prepared = await probe.prepare();
      const wrong = (await this.#program(mode)) || (await checked(prepared));
      if (wrong === '') {
        log.info({ from: before, to: mode }, 'mode switched');
        return;
      }
      log.error({ from: before, to: mode }, `mode not switched: ${wrong}`);
      const stuck = await this.#program(before);
      const now = stuck === '' ? `${before} is in force again` : `going back failed as well: ${stuck}`;
      throw new Error(`mode ${mode} does not work here: ${wrong}; ${now}`);
    } finally {
      this.#to = undefined;
    }
  }

  /**
   * For when the process ends: the rules that it leaves must lead to endpoints, not to relays that die with it. Never
   * rejects.
   */
  async release(): Promise<void> {
    const { backend, syncer, log } = this.#options;
    if (!backend.relays) return;
    backend.release();
    const wrong = await syncer.reprogram();
    if (wrong !== '') log.error({}, `rules still lead to relays that end now: ${wrong}`);
  }

  #program(mode: Mode): Promise<string> {
    const { backend, syncer } = this.#options;
    backend.mode = mode;
    return syncer.reprogram();
  }
}

/** A check that cannot be made is no reason to stay: nobody would know that the mode works. */
async function checked(prepared: ModeCheck): Promise<string> {
  try {
    return await prepared.check();
  } catch (error) {
    return messageOf(error);
  }
}
