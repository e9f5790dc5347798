import type { Repository } from "../../api/repository.ts";
import { getCondition } from "../../kube/conditions.ts";

/** Characters of a commit that are shown. */
const SHORT = 12;

/** The columns of `repository get`. */
export function repositoryHeader(wide: boolean): string[] {
  return [
    ...["NAME", "URL", "REF", "READY", "APPLIED", "CONVERGED", "SUSPENDED"],
    ...(wide ? ["OFFLINE", "OBSERVED", "PATH", "INTERVAL"] : []),
    "MESSAGE",
  ];
}

/** A Repository as cells below {@linkcode repositoryHeader}. */
export function repositoryRow(
  repository: Repository,
  wide: boolean,
): string[] {
  const { metadata, spec, status } = repository;
  const ready = getCondition(status?.conditions, "Ready");
  const { devices } = status ?? {};
  return [
    metadata.name,
    spec.url,
    refText(spec.ref),
    ready?.status ?? "Unknown",
    short(status?.appliedCommit),
    devices ? `${devices.converged}/${devices.total}` : "-",
    spec.suspend ? "True" : "False",
    ...(wide
      ? [
        devices ? String(devices.offline) : "-",
        short(status?.observedCommit),
        spec.path ?? "",
        spec.interval ?? "",
      ]
      : []),
    oneLine(ready?.message ?? "the hub has not looked at it yet"),
  ];
}

/** What of a repository is followed, in a few words: `main`, `tag:v1`. */
export function refText(ref: Repository["spec"]["ref"]): string {
  const given = Object.entries(ref ?? {}).find(([, value]) => value);
  if (!given) return "main";
  const [kind, value] = given;
  if (kind === "branch" || kind === "name") return value;
  return `${kind}:${kind === "commit" ? value.slice(0, SHORT) : value}`;
}

function short(commit: string | undefined): string {
  return commit?.slice(0, SHORT) ?? "-";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
