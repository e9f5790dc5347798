/** How much a log line matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Details of a log line. Keys are constant names; values may be anything. */
export type LogFields = Record<string, unknown>;

/**
 * A structured logger: constant messages with key-value pairs.
 *
 * What looks like a credential is replaced by `[redacted]`.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  with(fields: LogFields): Logger;
}

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** Lines below it are dropped. @default {"info"} */
  level?: LogLevel;
  /** @default {"text"} */
  format?: "text" | "json";
  /** Fields of every line. */
  fields?: LogFields;
  /** Takes each line, without a line break. @default standard error */
  write?: (line: string) => void;
  /** Milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

const LEVELS: LogLevel[] = ["debug", "info", "warn", "error"];

/** Makes a {@linkcode Logger}. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const {
    level = "info",
    format = "text",
    fields: own = {},
    write = writeToStderr,
    now = Date.now,
  } = options;
  const lowest = LEVELS.indexOf(level);
  const render = format === "json" ? renderJson : renderText;
  const log = (at: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(at) < lowest) return;
    const clean = redact({ ...own, ...fields });
    write(
      render(new Date(now()).toISOString(), { at, message, fields: clean }),
    );
  };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) =>
      createLogger({ ...options, fields: { ...own, ...fields } }),
  };
}

/** A logger that drops everything. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
};

interface Line {
  at: LogLevel;
  message: string;
  fields: LogFields;
}

function renderJson(time: string, { at, message, fields }: Line): string {
  return JSON.stringify({ time, level: at, msg: message, ...fields });
}

function renderText(time: string, { at, message, fields }: Line): string {
  let line = `${time} ${at.toUpperCase().padEnd(5)} ${message}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    line += ` ${key}=${quote(value)}`;
  }
  return line;
}

function quote(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "undefined";
  // Bare where that cannot be misread; quoted (and so on one line) otherwise.
  return /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

const SECRET_KEY =
  /token$|password|passphrase|private_?key|client_?key|authorization|credential$|cookie|^kubeconfig$/i;
const SECRET_VALUE = [
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, // JWT, JWE
  /\b(?:Bearer|Basic) [\w~+/.=-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*KEY-----|$)/g,
  /(?<=\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g, // user:password of a URL
];

/** A copy fit for JSON in which nothing looks like a credential. */
function redact(fields: LogFields): LogFields {
  const seen = new Set<object>();
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      if (value && SECRET_KEY.test(key)) return "[redacted]";
      return SECRET_VALUE.reduce((s, re) => s.replace(re, "[redacted]"), value);
    }
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "function" || typeof value === "symbol") {
      return String(value);
    }
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Error) return walk(describeError(value), "");
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    if (seen.has(value)) return "[circular]";
    seen.add(value);
    const copy = Array.isArray(value)
      ? value.map((item) => walk(item, key))
      : Object.fromEntries(
        Object.entries(value).map(([k, v]) => [k, walk(v, k)]),
      );
    seen.delete(value);
    return copy;
  };
  return walk(fields, "") as LogFields;
}

function describeError(error: Error): string {
  const cause = error.cause instanceof Error &&
      !error.message.includes(error.cause.message)
    ? `: ${describeError(error.cause)}`
    : "";
  const name = error.name === "Error" || error.name === "KubeApiError"
    ? ""
    : `${error.name}: `;
  return name + error.message + cause;
}

const encoder = new TextEncoder();

function writeToStderr(line: string): void {
  try {
    Deno.stderr.writeSync(encoder.encode(line + "\n"));
  } catch {
    // The reader of a pipe may be gone; a log line is not worth the process.
  }
}
