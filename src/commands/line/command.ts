/** What every command of `fairlead` is. A module of the folder above exports one as `command`. */

export interface Command {
  readonly name: string;
  /** One line for the list of commands; lower case, no full stop. */
  readonly summary: string;
  /** The whole text of `--help`; its first line is the usage line. `main.ts` prints it. */
  readonly usage: string;
  /**
   * Runs with the arguments after the command's name and gives the exit code: 0 success, 1 failure. Wrong usage is
   * a thrown `UsageError` (code 2); any other Error fails with its message as the one line on stderr.
   */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** The outside as a command sees it. Results go to stdout, everything else to stderr; both take whole lines. */
export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGTERM or SIGINT. Reading it takes these signals over: read it once, if at all. */
  readonly signal?: AbortSignal;
  /** Calls at each SIGHUP from then on, which ends the process no longer. */
  readonly onHangUp?: (listener: () => void) => void;
}
