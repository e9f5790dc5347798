import { KubeApiError } from "../../kube/mod.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { Problem } from "../manifest/problem.ts";
import { isImmutable, RECREATE_ANNOTATION } from "./recreate.ts";

/**
 * What the API server said about a manifest, at the lines that it is about.
 *
 * @param doing `apply`, `delete`
 */
export function apiProblems(
  error: unknown,
  manifest: Manifest,
  doing = "apply",
): Problem[] {
  const { kind, metadata } = manifest.object;
  const what = `Cannot ${doing} ${kind} ${metadata.name}`;
  const { file, line, column } = manifest;
  const wayOut = doing === "apply" && isImmutable(error)
    ? `; put it back, or have the object deleted and made anew by the annotation ${RECREATE_ANNOTATION}: "true"`
    : "";
  const causes = error instanceof KubeApiError && error.code === 422
    ? error.details?.causes ?? []
    : [];
  const located = causes.filter((cause) => cause.field && cause.message);
  if (located.length > 0) {
    return located.map((cause) => {
      const path = parseField(cause.field!);
      return {
        file,
        ...manifest.locate(path),
        field: cause.field,
        message: `${what}: ${cause.message}${wayOut}`,
      };
    });
  }
  // Strict field validation names the field in its message only.
  const unknown = error instanceof Error
    ? /unknown field "([^"]+)"/.exec(error.message)?.[1]
    : undefined;
  const place = unknown
    ? manifest.locate(parseField(unknown), "key")
    : { line, column };
  return [{ file, ...place, message: `${what}: ${reasonOf(error)}${wayOut}` }];
}

/** What went wrong, without the request, which says nothing to a person. */
export function reasonOf(error: unknown): string {
  if (error instanceof KubeApiError) {
    const text = error.request
      ? error.message.replace(` (${error.request})`, "")
      : error.message;
    return text || error.reason;
  }
  return error instanceof Error ? error.message : String(error);
}

/** `spec.versions[0].name` or `.spec["a.b"]`, as a path. */
export function parseField(field: string): (string | number)[] {
  const path: (string | number)[] = [];
  for (
    const [, name, index, key] of field.matchAll(
      /([^.[\]]+)|\[(\d+)\]|\[([^\]]*)\]/g,
    )
  ) {
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else path.push((key ?? "").replace(/^"|"$/g, ""));
  }
  return path;
}
