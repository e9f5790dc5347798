import { compareVersions, validateStrict } from "compare-versions";

/** The newest release among versions, or pre-release where there is no release; undefined where none is semantic. */
export function newestVersion<T extends { version: string }>(
  versions: readonly T[],
): T | undefined {
  const valid = versions.filter((v) => validateStrict(v.version));
  const releases = valid.filter((v) => !/^[^+]*-/.test(v.version));
  return (releases.length ? releases : valid)
    .toSorted((a, b) => compareVersions(b.version, a.version))[0];
}
