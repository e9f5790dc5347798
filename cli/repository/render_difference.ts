import { formatProblem } from "../../gitops/manifest/problem.ts";
import type { Style } from "../style.ts";
import type {
  ObjectDifference,
  RepositoryDifference,
} from "./diff_repository.ts";

/** A difference as text. */
export function renderDifference(
  difference: RepositoryDifference,
  style: Style,
): string {
  const { repository, commit, objects, unchanged, problems } = difference;
  const { held, suspended } = difference;
  const number = (change: ObjectDifference["change"]) =>
    objects.filter((object) => object.change === change).length;
  const summary = [
    `${number("create")} to create`,
    `${number("update")} to update`,
    `${number("delete")} to delete`,
    ...(number("drift") ? [`${number("drift")} left as they differ`] : []),
    `${unchanged} unchanged`,
    ...(suspended ? [`${suspended} suspended until they are deleted`] : []),
  ].join(", ");
  return [
    `Commit ${
      commit.slice(0, 12)
    } of repository ${repository}, against what is live:`,
    ...objects.flatMap((object) => lines(object, style)),
    ...held.map(({ workspace, reason }) =>
      style.yellow(
        `! ${workspace ?? "root/"}   waits for approval: ${reason}`,
      )
    ),
    ...problems.map((problem) => style.red(`! ${formatProblem(problem)}`)),
    objects.length || problems.length ? summary : `No difference: ${summary}.`,
  ].join("\n");
}

function lines(object: ObjectDifference, style: Style): string[] {
  const { change, workspace, kind, name, file, line, fields } = object;
  const [sign, colour] = change === "create"
    ? ["+", style.green] as const
    : change === "delete"
    ? ["-", style.red] as const
    : [change === "drift" ? "≠" : "~", style.yellow] as const;
  const place = file === undefined ? "" : `   ${file}:${line}`;
  return [
    colour(`${sign} ${workspace ?? "root"}   ${kind}/${name}`) +
    style.dim(place),
    ...fields.map(({ field, live, desired, reason }) =>
      reason === undefined
        ? `    ${field}: ${live ?? "(none)"} → ${desired ?? "(none)"}`
        : `    ${reason}`
    ),
  ];
}
