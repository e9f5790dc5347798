import type { JsonObject } from "../types.ts";

/** The Kubernetes release whose API this is: the one whose published schemas the built-in kinds have. */
export const KUBERNETES = { major: "1", minor: "37", patch: "2" };

/** `/version`, as kube-apiserver of that release says it; nothing of it was built for this server. */
export function versionInfo(): JsonObject {
  const { major, minor, patch } = KUBERNETES;
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${major}.${minor}.${patch}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${Deno.build.os}/${
      Deno.build.arch === "aarch64" ? "arm64" : "amd64"
    }`,
  };
}

/** `info` of OpenAPI documents of the built-in kinds. */
export function openapiInfo(): JsonObject {
  return {
    title: "Kubernetes",
    version: `${KUBERNETES.major}.${KUBERNETES.minor}`,
  };
}
