import type { z } from "zod";
import type { SourceError } from "../../api/repository.ts";
import type { Problem } from "../manifest/problem.ts";

/** The first of some problems, with the number of the others, as a status tells it. */
export function firstProblem(problems: Problem[]): z.infer<typeof SourceError> {
  const [first] = problems;
  const { file, line, field, message } = first!;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return {
    message: `${field ? `${field}: ` : ""}${message}${more}`,
    ...(file ? { file } : {}),
    ...(line ? { line } : {}),
  };
}
