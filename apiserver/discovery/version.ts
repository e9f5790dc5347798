import type { JsonObject } from "../types.ts";

/** `/version`: the Kubernetes release whose API this is. */
export function versionInfo(): JsonObject {
  return {
    major: "1",
    minor: "37",
    gitVersion: "v1.37.0",
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
