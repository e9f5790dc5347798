import type { Manifest } from "./manifest.ts";
import type { Problem } from "./problem.ts";

/** A warning where a Secret stands in a repository for all to read. */
export function plaintextSecret(manifest: Manifest): Problem | undefined {
  const { object, encrypted, file } = manifest;
  const { apiVersion, kind, metadata } = object;
  if (apiVersion !== "v1" || kind !== "Secret" || encrypted) return undefined;
  const { data } = object as typeof object & { data?: Record<string, unknown> };
  // A value that a variable brings is not in the repository.
  const plain = Object.keys(data ?? {}).filter((key) =>
    data![key] !== "" && !manifest.sensitive?.covers(["data", key]) &&
    !manifest.sensitive?.covers(["stringData", key])
  );
  if (plain.length === 0) return undefined;
  return {
    file,
    ...manifest.locate(["kind"]),
    message: `Secret ${metadata.name} stands in Git in plain text (${
      plain.join(", ")
    }), where all who can read the repository, now or later, read it; encrypt it with SOPS, and change the values`,
  };
}
