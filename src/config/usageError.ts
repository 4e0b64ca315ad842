/** The command line or a configuration file is wrong: the program ends with code 2 and this one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
