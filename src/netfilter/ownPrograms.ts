/** Programs that we run ourselves: what they do to rules is no news. */
import type { Exec } from '../host/exec.ts';

export class OwnPrograms {
  /**
   * Runs programs, and knows them while they run: a netlink port is the process id of the program that was started,
   * and wrappers of iptables become the program they wrap (`exec`).
   */
  readonly exec: Exec;
  /** Called with the running ones' process ids before one that is new is given anything to do, and after one ended. */
  onChange: (pids: ReadonlySet<number>) => void = () => undefined;
  #running: ReadonlySet<number> = new Set();

  constructor(exec: Exec) {
    this.exec = {
      run: async (argv, options) => {
        let pid: number | undefined;
        const onStart = (started: number): void => {
          pid = started;
          options?.onStart?.(started);
          this.#change([...this.#running, started]);
        };
        const result = await exec.run(argv, { ...options, onStart });
        this.#change([...this.#running].filter((one) => one !== pid));
        return result;
      },
    };
  }

  get running(): ReadonlySet<number> {
    return this.#running;
  }

  #change(pids: readonly number[]): void {
    this.#running = new Set(pids);
    this.onChange(this.#running);
  }
}
