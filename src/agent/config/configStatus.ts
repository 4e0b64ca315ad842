/** The file that `--config` names, as `fairlead status` tells of it. */
export interface ConfigStatus {
  readonly path: string;
  /** Why what it says now is not in force; empty when nothing is wrong with it. */
  readonly error: string;
  /** Keys that it changed since the agent started, and that need a restart. */
  readonly needRestart: readonly string[];
}
