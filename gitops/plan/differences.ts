import { isObject } from "../manifest/is_object.ts";
import { ORIGIN_ANNOTATIONS } from "../../api/names.ts";
import { fieldName } from "../manifest/problem.ts";

type Path = readonly (string | number)[];

/** Most fields that are named. */
const MOST = 10;

/**
 * Fields in which `live` is not as `desired` says. What `desired` does not
 * speak of (defaults, other managers' fields) is no difference, nor are an
 * empty map or list and none.
 */
export function differences(desired: unknown, live: unknown): string[] {
  const found: string[] = [];
  compare({ desired, live, path: [] }, found);
  return found;
}

function compare(
  at: { desired: unknown; live: unknown; path: Path },
  found: string[],
): void {
  const { desired, live, path } = at;
  if (found.length >= MOST || desired === live) return;
  if (isEmpty(desired) && isEmpty(live)) return;
  const differs = () => void found.push(fieldName(path));
  if (Array.isArray(desired)) {
    if (!Array.isArray(live)) return differs();
    if (isSet(path)) {
      if (!desired.every((item) => live.includes(item))) differs();
      return;
    }
    if (desired.length !== live.length) return differs();
    desired.forEach((item, i) =>
      compare({ desired: item, live: live[i], path: [...path, i] }, found)
    );
  } else if (isObject(desired)) {
    if (!isObject(live)) {
      if (live === undefined || live === null) {
        // Name what is missing, not all there could be.
        if (!isEmpty(desired)) differs();
        return;
      }
      return differs();
    }
    for (const [key, value] of Object.entries(desired)) {
      const below = [...path, key];
      if (isIgnored(below)) continue;
      compare({ desired: value, live: live[key], path: below }, found);
    }
  } else differs();
}

/** The commit is told with the next change, and is no change by itself. */
function isIgnored(path: Path): boolean {
  return path.length === 3 && path[1] === "annotations" &&
    ORIGIN_ANNOTATIONS.includes(String(path[2]));
}

/** Lists to which others add their own. */
function isSet(path: Path): boolean {
  return path.length === 2 && path[1] === "finalizers";
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
