/**
 * Follows the file that `--config` names. A mode that changes in it is switched to; whatever else changes needs a
 * restart, and is told.
 */
import { SETTING_KEYS } from '../../config/given.ts';
import type { Loaded } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Clock } from '../../host/clock.ts';
import type { ModeSwitch } from '../../proxy/modeSwitch.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ConfigStatus } from './configStatus.ts';
import { Looks, settled } from './looks.ts';
import { type PathWatch, watchPath } from './pathWatch.ts';

export interface ConfigFile {
  readonly path: string;
  /** Rejects with the system's error. */
  read(): Promise<string>;
  /** What the agent would run with, had it been started with this text and its flags. Rejects with a UsageError. */
  load(text: string): Promise<Loaded>;
}

export interface FollowerOptions {
  readonly file: ConfigFile;
  /** What the agent runs with, and its notes, which were told. */
  readonly inForce: Loaded;
  readonly clock: Clock;
  readonly log: Log;
}

export type FollowedModes = Pick<ModeSwitch, 'mode' | 'configured' | 'settled' | 'to'>;

export class ConfigFollower {
  readonly #options: FollowerOptions;
  readonly #looks: Looks = new Looks(() => this.#refresh());
  #modes: FollowedModes | undefined;
  #watch: PathWatch | undefined;
  /** What was looked at last, and what is wrong with it. */
  #seen: { readonly text: string; readonly error: string } | undefined;
  /** The last switch did not succeed. */
  #isStuck = false;
  #notes: readonly string[];
  #state: ConfigStatus;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { file, inForce } = options;
    this.#notes = inForce.notes;
    this.#state = { path: file.path, error: '', needRestart: [] };
  }

  /** To be called when a mode can be switched to. Without `modes` nothing is routed. */
  start(modes: FollowedModes | undefined): void {
    const { file, clock } = this.#options;
    this.#modes = modes;
    this.#watch = watchPath(file.path, clock, () => this.#looks.look());
    this.#looks.look();
  }

  /** Reads the file whatever it held before: what failed is tried again. */
  reread(): void {
    this.#options.log.info({ from: this.#options.file.path }, 'configuration file: read again');
    this.#seen = undefined;
    // Before the start it is going to be read anyway.
    if (this.#watch !== undefined) this.#looks.look();
  }

  async stop(): Promise<void> {
    this.#looks.stop();
    this.#watch?.stop();
    await this.#looks.running;
  }

  state(): ConfigStatus {
    return this.#state;
  }

  async #refresh(): Promise<void> {
    const { file, clock } = this.#options;
    try {
      const first = await file.read();
      // While somebody replaces it, it cannot be read: that is over when it is as it was.
      if (first === this.#seen?.text) return this.#tell(this.#seen.error);
      const text = await settled(first, () => file.read(), equal, clock);
      if (this.#looks.stopped) return;
      const error = await this.#take(text);
      this.#seen = { text, error };
      this.#tell(error);
    } catch (error) {
      this.#tell(messageOf(error));
    }
  }

  /** Gives what is wrong with it; empty when nothing is. */
  async #take(text: string): Promise<string> {
    const { file, inForce, log } = this.#options;
    const fields = { from: file.path };
    let loaded: Loaded;
    try {
      loaded = await file.load(text);
    } catch (error) {
      return messageOf(error);
    }
    const { settings, notes, overruled } = loaded;
    for (const note of notes) if (!this.#notes.includes(note)) log.warn(fields, note);
    this.#notes = notes;
    const changed = SETTING_KEYS.filter((key) => !equal(settings[key], inForce.settings[key]));
    const needRestart = this.#modes === undefined ? changed : changed.filter((key) => key !== 'mode');
    if (needRestart.length > 0 && !equal(needRestart, this.#state.needRestart)) {
      log.warn(fields, `configuration file: a restart is needed for ${needRestart.join(', ')}`);
    }
    this.#state = { ...this.#state, needRestart };
    if (overruled.includes('mode')) log.warn(fields, 'configuration file: mode has no effect beside --mode');
    return this.#switch(settings.mode);
  }

  /** Gives why the mode is not in force; empty when it is. */
  async #switch(wanted: Settings['mode']): Promise<string> {
    const modes = this.#modes;
    // What somebody switched to by hand stays until the file says something new.
    if (modes === undefined || (wanted === modes.configured && !this.#isStuck)) return '';
    modes.configured = wanted;
    await modes.settled;
    this.#isStuck = false;
    if (wanted === modes.mode) return '';
    this.#options.log.info({ from: this.#options.file.path }, `configuration file: to mode ${wanted}`);
    try {
      await modes.to(wanted);
      return '';
    } catch (error) {
      this.#isStuck = true;
      return messageOf(error);
    }
  }

  /** Once, however often it is seen. */
  #tell(error: string): void {
    const { file, log } = this.#options;
    if (error === this.#state.error) return;
    this.#state = { ...this.#state, error };
    const fields = { from: file.path };
    if (error === '') log.info(fields, 'configuration file: nothing is wrong with it any more');
    else log.error({ ...fields, error }, `configuration file not taken, nothing changes: ${error}`);
  }
}

/** Of settings: numbers, texts, and lists of them. */
function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
