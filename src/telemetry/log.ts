/** What the agent tells its operator, one line a thing. The shape is pino's, so that the core needs no pino. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
