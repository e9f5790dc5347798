/** The command line makes no sense: exit code 2, with a pointer to `--help`. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** An error in one line, with the causes that it does not tell of itself. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  let text = error.message || error.name;
  for (
    let cause = error.cause;
    cause instanceof Error;
    cause = cause.cause
  ) {
    if (cause.message && !text.includes(cause.message)) {
      text += `: ${cause.message}`;
    }
  }
  return text.replaceAll(/\s*\n\s*/g, " ");
}
