import { SourceError } from "../../gitops/source/source_error.ts";
import { UsageError } from "../errors.ts";

/**
 * Checks the value of a flag as the hub would: what it could not follow is told before anything is made.
 *
 * @param flag Without its dashes
 * @throws {UsageError} where `check` finds that the hub could not use it
 */
export function checkFlag(
  flag: string,
  value: string | undefined,
  check: (value: string) => unknown,
): void {
  if (value === undefined) return;
  try {
    check(value);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new UsageError(
      `--${flag} is ${JSON.stringify(value)}: ${error.detail}`,
    );
  }
}
