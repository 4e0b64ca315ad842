/** The agent's log: pino's lines, or the same as text for a person. */
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'text' | 'json';
}

export interface Logger extends Log {
  /** Writes what is still buffered; the last thing before the process ends. */
  flush(): void;
}

/** Writes to standard error. Without pino's transports: each is a worker thread, 6 MB on every node. */
export function createLogger({ level, format }: LoggerOptions): Logger {
  // Not synchronous: a log pipe that nobody reads must not hold up answers.
  const stderr = pino.destination({ dest: 2, sync: false });
  const log = createLog(
    level,
    format === 'json' ? stderr : { write: (line) => stderr.write(textLine(line)) },
  );
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    flush() {
      try {
        stderr.flushSync();
      } catch {
        // Nobody reads it any more, or it was never opened: there is nobody to tell.
      }
    },
  };
}

/** One JSON object a line into `stream`. */
export function createLog(level: LoggerOptions['level'], stream: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** `07:05:01.123 info  first sync done services=3 milliseconds=12` */
export function textLine(json: string): string {
  const { time, level, message, ...fields } = parseLine(json);
  const clock = String(time).slice(11, 23);
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  return `${clock} ${String(level).padEnd(5)} ${String(message)}${pairs.join('')}\n`;
}

function parseLine(json: string): Record<string, unknown> {
  const line: unknown = JSON.parse(json);
  return typeof line === 'object' && line !== null ? { ...line } : {};
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? '';
}
