import { createLogger, type Logger } from "../kube/log.ts";

/** Flags of commands that log. */
export const logOptions = {
  "log-level": {
    type: "string",
    value: "LEVEL",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
    description: "Which lines to log",
  },
  "log-format": {
    type: "string",
    value: "FORMAT",
    default: "text",
    choices: ["text", "json"],
    description: "How to log",
  },
} as const;

/** The logger that the flags ask for; it writes to standard error. */
export function loggerOf(
  options: { "log-level": string; "log-format": string },
): Logger {
  return createLogger({
    level: options["log-level"] as "info",
    format: options["log-format"] as "text",
  });
}
