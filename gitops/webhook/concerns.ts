import type { Repository } from "../../api/repository.ts";

/** Whether a change of one of these refs may be news for who follows `ref`. */
export function concerns(
  ref: Repository["spec"]["ref"],
  refs: string[] | undefined,
): boolean {
  if (!refs) return true;
  const { branch, tag, semver, name, commit } = ref ?? {};
  return refs.some((changed) => {
    if (commit) return false;
    if (name) return name === "HEAD" || changed === name;
    if (semver) return changed.startsWith("refs/tags/");
    if (tag) return changed === `refs/tags/${tag}`;
    return changed === `refs/heads/${branch ?? "main"}`;
  });
}
