import { UsageError } from "../errors.ts";

/** Reads `--timeout`. @throws {UsageError} */
export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0) return seconds;
  throw new UsageError(
    `--timeout is ${JSON.stringify(text)}; give a number of seconds`,
  );
}
