import { Duration } from "../api/meta.ts";
import { parseDuration } from "../gitops/repository/duration.ts";
import { UsageError } from "./errors.ts";

/** Reads `--timeout`: seconds, or a duration such as `90s` or `5m`. @throws {UsageError} */
export function secondsOf(text: string): number {
  const seconds = Duration.safeParse(text).success
    ? parseDuration(text) / 1000
    : Number(text);
  if (seconds > 0) return seconds;
  throw new UsageError(
    `--timeout is ${
      JSON.stringify(text)
    }; give a number of seconds, or a duration such as 90s or 5m`,
  );
}
