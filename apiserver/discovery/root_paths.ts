import type { JsonObject } from "../types.ts";
import type { Group } from "./groups.ts";

/** Paths that are served beside those of the API. */
const OTHERS = [
  "/.well-known/openid-configuration",
  "/healthz",
  "/livez",
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  "/openid/v1/jwks",
  "/readyz",
  "/version",
];

/** `/`: what there is to read, in order. */
export function rootPaths(groups: Group[]): JsonObject {
  const paths = groups.flatMap(({ name, versions }) => {
    const root = name === "" ? "/api" : `/apis/${name}`;
    return [root, ...versions.map(({ version }) => `${root}/${version}`)];
  });
  return { paths: [...paths, "/apis", "/apis/", ...OTHERS].sort() };
}
