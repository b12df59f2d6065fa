/** One log line: fields for machines, then a sentence for people. A pino logger fits. */
export type LogLine = (fields: Record<string, unknown>, message: string) => void;

/** What the runtime needs of a logger. It never passes request bodies or credentials. */
export type Logger = { debug: LogLine; info: LogLine; warn: LogLine; error: LogLine };

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same logger with `fields` in every line. */
export function withFields(logger: Logger, fields: Record<string, unknown>): Logger {
  return {
    debug: (more, message) => logger.debug({ ...fields, ...more }, message),
    info: (more, message) => logger.info({ ...fields, ...more }, message),
    warn: (more, message) => logger.warn({ ...fields, ...more }, message),
    error: (more, message) => logger.error({ ...fields, ...more }, message),
  };
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, code } = error as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  // An AggregateError of a refused dual-stack connection has a code only.
  return typeof code === 'string' ? code : 'unknown error';
}

/** An error as log fields: the message and a machine-readable code, never a body. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { error: String(error) };
  const { code, status, reason } = error as Record<string, unknown>;
  return {
    error: messageOf(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}
