/** Objects from files: a Source for a cluster that is written down rather than served. */
import { messageOf } from '../../errors/caught.ts';
import type { Clock, Timer } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { TurnBudget } from '../stream/turnBudget.ts';
import type { PodScope, Source, SourceState, Watcher } from '../source.ts';
import { manifestFiles } from './files.ts';
import { Library } from './library.ts';
import { merge, type Wanted } from './merge.ts';
import { KINDS, Teller } from './teller.ts';

/** Editors and the kubelet change a file in several steps: shorter than a person notices, longer than those take. */
const SETTLE_MS = 100;
/** For file systems that tell nothing of changes, network ones above all. */
const POLL_MS = 10_000;

export interface ManifestOptions {
  /** A file, or a folder of `*.yaml`, `*.yml` and `*.json`; folders in it are not looked into. */
  readonly path: string;
  /** Only this Node is told; all of them when absent. */
  readonly nodeName?: string;
  /** Which Pods are told; all by default. */
  readonly watchPods?: PodScope;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Tells Services, EndpointSlices, Endpoints (as slices), Nodes, Namespaces and Pods of YAML or JSON manifests, and
 * their differences whenever a file changes. Synced after the first reading of everything; a file that cannot be
 * read does not hold it up, a missing path does.
 */
export function createManifestSource(options: ManifestOptions): Source {
  return new ManifestSource(options);
}

class ManifestSource implements Source {
  readonly #path: string;
  readonly #wanted: Wanted;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #files: ReturnType<typeof manifestFiles>;
  readonly #library: Library;
  readonly #budget: TurnBudget;

  #teller: Teller | undefined;
  #watch: { close(): void } | undefined;
  #timer: Timer | undefined;
  #reading: Promise<void> | undefined;
  #isSoon = false;
  #changedMeanwhile = false;
  #isStopped = false;

  #errors: readonly string[] = [];
  readonly #otherKinds = new Set<string>();
  /** As `clock.monotonic()` told it. */
  #heardAt: number | undefined;

  constructor({ path, nodeName, watchPods = 'all', clock, log }: ManifestOptions) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#files = manifestFiles(path);
    this.#budget = new TurnBudget(clock);
    this.#library = new Library(this.#files, this.#budget);
    this.#wanted = (object) => {
      if (object.kind === 'Node') return nodeName === undefined || object.name === nodeName;
      if (object.kind !== 'Pod' || watchPods === 'all') return true;
      // One that cannot be read does not say where it is.
      return watchPods === 'node' && (object.nodeName === undefined || object.nodeName === nodeName);
    };
  }

  start(watcher: Watcher): void {
    this.#teller = new Teller(watcher, this.#budget);
    this.#readNow();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#watch?.close();
    await this.#reading;
  }

  state(): readonly SourceState[] {
    const [first = '', ...more] = this.#errors;
    const error = more.length === 0 ? first : `${first} (and ${more.length} more)`;
    const heardAt = this.#heardAt;
    const silentMs = heardAt === undefined ? undefined : this.#clock.monotonic() - heardAt;
    return KINDS.map((kind) => ({ kind, synced: heardAt !== undefined, error, silentMs }));
  }

  #readAfter(ms: number): void {
    this.#timer?.cancel();
    this.#isSoon = ms === SETTLE_MS;
    if (!this.#isStopped) this.#timer = this.#clock.after(ms, () => this.#readNow());
  }

  /** One reading at a time; a change during it is read afterwards. */
  #readNow(): void {
    this.#keepWatch();
    this.#changedMeanwhile = false;
    this.#reading = this.#read().then((isSettled) => {
      this.#reading = undefined;
      this.#readAfter(this.#changedMeanwhile || !isSettled ? SETTLE_MS : POLL_MS);
    });
  }

  #onChange(): void {
    if (this.#reading !== undefined) this.#changedMeanwhile = true;
    // Not put off by further changes: in a folder where something is always written, that would be for ever.
    else if (!this.#isSoon) this.#readAfter(SETTLE_MS);
  }

  /** Before reading, so that no change falls between the two. */
  #keepWatch(): void {
    if (this.#watch !== undefined) return;
    try {
      const lose = (): void => {
        this.#watch?.close();
        this.#watch = undefined;
      };
      this.#watch = this.#files.watch(() => this.#onChange(), lose);
    } catch {
      // Not there, or no watches left: reading says what is wrong, and polling finds what changes.
    }
  }

  async #read(): Promise<boolean> {
    let isSettled = false;
    try {
      isSettled = await this.#library.refresh();
    } catch (error) {
      this.#tellErrors([`${this.#path}: ${messageOf(error)}`]);
      return true;
    }
    if (this.#isStopped || (!isSettled && this.#heardAt === undefined)) return isSettled;
    const { definitions, errors } = await merge(this.#library.manifests, this.#wanted, this.#budget);
    if (this.#isStopped) return isSettled;
    this.#tellErrors([...this.#library.errors, ...errors]);
    this.#tellOtherKinds();
    await this.#teller?.tell(definitions);
    this.#heardAt = this.#clock.monotonic();
    return isSettled;
  }

  /** Each once when it appears, and once when it is gone. */
  #tellErrors(errors: readonly string[]): void {
    const fields = { manifests: this.#path };
    for (const line of errors) if (!this.#errors.includes(line)) this.#log.warn(fields, line);
    for (const line of this.#errors) if (!errors.includes(line)) this.#log.info(fields, `no longer: ${line}`);
    this.#errors = errors;
  }

  #tellOtherKinds(): void {
    for (const kind of this.#library.manifests.flatMap(({ otherKinds }) => otherKinds)) {
      if (this.#otherKinds.has(kind)) continue;
      this.#otherKinds.add(kind);
      this.#log.info({ manifests: this.#path, kind }, `objects of kind ${kind} are not used`);
    }
  }
}
