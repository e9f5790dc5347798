import type { Repository } from "../../api/repository.ts";
import { firstProblem } from "./first_problem.ts";
import type { PartOutcome, SyncOutcome } from "./sync_outcome.ts";

type Status = NonNullable<Repository["status"]>;

/** Most workspaces that are told one by one: an object holds no more than 1.5 MB. */
const MOST = 1000;
/** Most characters of an error where all are told. */
const MESSAGE = 300;

/** What a Repository's status tells of each workspace: those that need somebody first. Pure. */
export function workspaceStatus(
  outcome: SyncOutcome,
  options: { most?: number } = {},
): Pick<Status, "workspaces" | "workspaceCounts"> {
  const { most = MOST } = options;
  const parts = outcome.parts.filter((part) => part.workspace !== undefined);
  const failed = parts.filter((part) => part.problems.length > 0);
  const waiting = parts.filter((part) =>
    part.problems.length === 0 && part.held?.length
  );
  const needy = new Set([...failed, ...waiting]);
  const told = [...needy, ...parts.filter((part) => !needy.has(part))]
    .slice(0, most)
    .sort((a, b) => a.workspace! < b.workspace! ? -1 : 1);
  return {
    workspaces: told.map(entry),
    workspaceCounts: {
      total: parts.length,
      applied:
        parts.filter((part) =>
          !needy.has(part) && part.commit === outcome.commit
        ).length,
      failed: failed.length,
      waiting: waiting.length,
    },
  };
}

function entry(part: PartOutcome): NonNullable<Status["workspaces"]>[number] {
  const { workspace, commit, total, problems } = part;
  const error = problems.length ? firstProblem(problems) : undefined;
  return {
    name: workspace!,
    ...(commit ? { commit } : {}),
    objects: total,
    ...(error
      ? {
        error: {
          ...error,
          message: error.message.length > MESSAGE
            ? `${error.message.slice(0, MESSAGE)}…`
            : error.message,
        },
      }
      : {}),
  };
}
