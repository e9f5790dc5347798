import { APPROVE_ANNOTATION } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { HeldPrune } from "../plan/prune.ts";

/** Key of the trailers of a commit message that approve removals. */
export const APPROVE_TRAILER = "Faros-Approve-Prune";
/** What a trailer calls the hub's own objects. */
const ROOT = "root/";

/**
 * Answers whether somebody let removals go: by an annotation of the Repository
 * with the token of exactly these, or by a trailer of the commit's message that
 * names their workspace (`root/` for the hub's own objects, `*` for all).
 *
 * @param trailers Values of the trailers of the commit; asked for once, where needed.
 */
export function approvals(
  { metadata }: Pick<Repository, "metadata">,
  trailers: () => Promise<string[]>,
): (held: HeldPrune) => Promise<boolean> {
  const tokens = new Set(listOf(metadata.annotations?.[APPROVE_ANNOTATION]));
  let names: Promise<Set<string>> | undefined;
  return async (held) => {
    if (tokens.has(held.token)) return true;
    names ??= trailers().then((values) => new Set(values.flatMap(listOf)));
    const named = await names;
    return named.has("*") || named.has(held.workspace ?? ROOT);
  };
}

/** Words between commas and spaces. */
function listOf(text = ""): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
