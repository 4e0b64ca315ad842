/** Command lines of every command, read by one set of habits. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { suggestion } from '../../config/nearest.ts';
import { UsageError } from '../../config/usageError.ts';

export type ParsedOptions<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>
>;

export type Output = 'text' | 'json';

/** `-o`/`--output`, for commands that print results; read it with `outputOf`. */
export const OUTPUT_OPTION = { output: { type: 'string', short: 'o' } } as const;

/**
 * `util.parseArgs`, strict, with at most `maxPositionals` words beside the flags. Throws UsageError: one line,
 * with the nearest known flag where one was mistyped.
 */
export function parseOptions<const T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  maxPositionals = 0,
): ParsedOptions<T> {
  let parsed: ParsedOptions<T>;
  try {
    parsed = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    throw wrongUsage(error, Object.keys(options));
  }
  const extra = parsed.positionals[maxPositionals];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  return parsed;
}

/** Reads the value of `--output`. */
export function outputOf(value: unknown): Output {
  if (value === undefined || value === 'text' || value === 'json') return value ?? 'text';
  throw new UsageError(`--output: ${JSON.stringify(value)} is none of text, json`);
}

function wrongUsage(error: unknown, flags: readonly string[]): Error {
  if (!(error instanceof Error) || !('code' in error)) return new UsageError(String(error));
  const flag = /'(?:-\w, )?(--?[^\s'=]+)/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return new UsageError(
        `unknown flag ${flag}${suggestion(
          flag,
          ['help', ...flags].map((f) => `--${f}`),
        )}`,
      );
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return new UsageError(
        error.message.includes('does not take an argument')
          ? `${flag} takes no value`
          : `${flag} needs a value`,
      );
    default:
      return error;
  }
}
