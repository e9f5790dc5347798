/**
 * Requests that no client library sends.
 *
 * @module
 */
import { PATCHES, someYaml } from "./bodies.ts";
import type { Choices } from "./choices.ts";
import type { Surroundings } from "./generate.ts";
import { oddHeader, someQuery } from "./queries.ts";
import type { FuzzRequest } from "./request.ts";
import { deepText, oddValue } from "./values.ts";

const encoder = new TextEncoder();

/** Paths that are no resources. */
export function otherPath(r: Choices, around: Surroundings): FuzzRequest {
  const path = r.pick([
    "/",
    "/api",
    "/apis",
    "/api/v1",
    "/apis/fuzz.example.com",
    "/apis/fuzz.example.com/v1",
    "/openapi/v2",
    "/openapi/v3",
    "/openapi/v3/api/v1",
    "/openapi/v3/apis/fuzz.example.com/v1",
    "/version",
    "/livez",
    "/readyz",
    "/readyz/storage",
    "/healthz",
    "/metrics",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/logs",
    "/debug/pprof",
    "/api/v1/watch/namespaces/default/configmaps",
    "/api/v1/watch",
    "/apis/none/v1/x",
  ]);
  return {
    method: "GET",
    path,
    query: r.maybe(.4) ? someQuery(r, around) : [],
    headers: r.maybe(.4) ? [oddHeader(r, around)] : [],
  };
}

/** Paths that nobody should ask for. */
export function oddPath(r: Choices): FuzzRequest {
  const piece = () =>
    r.pick([
      "api",
      "apis",
      "v1",
      "namespaces",
      "default",
      "configmaps",
      "f1",
      "%2F",
      "%2f..%2f",
      "..",
      ".",
      "",
      "%",
      "%zz",
      "%00",
      "%ff%fe",
      "%C3%28",
      "%F0%9F%98%80",
      "\xff\xfe",
      ";x=1",
      "a%3Fb",
      "a#b",
      "x".repeat(r.pick([10, 300, 9000])),
      "__proto__",
      "constructor",
    ]);
  const path = "/" + r.times(1 + r.below(7), piece).join("/");
  return {
    method: r.pick(["GET", "POST", "DELETE"]),
    path,
    query: [],
    headers: [],
  };
}

/** A body that breaks parsers, or is huge. */
export function oddBody(r: Choices): FuzzRequest {
  const type = r.pick([
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    ...PATCHES,
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "x".repeat(500),
  ]);
  const bytes = r.weighted<() => Uint8Array>([
    [3, () => Uint8Array.from(r.times(r.below(300), () => r.below(256)))],
    [3, () => encoder.encode(deepText(r))],
    [2, () => encoder.encode(someYaml(r, oddValue(r)))],
    [1, () =>
      encoder.encode(JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "f1" },
        data: { a: "x".repeat(r.pick([100_000, 1_100_000, 3_200_000])) },
      }))],
    [1, () =>
      encoder.encode(JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "f2" },
        data: Object.fromEntries(
          r.times(r.pick([100, 20_000]), () => [`k${r.below(1e9)}`, "v"]),
        ),
      }))],
    [
      1,
      () => encoder.encode(r.pick(["", "null", "1", '"x"', "[]", "{}", " "])),
    ],
  ])();
  const patch = type.includes("patch");
  return {
    method: patch ? "PATCH" : r.pick(["POST", "PUT", "DELETE"]),
    path: `/api/v1/namespaces/default/configmaps${
      r.maybe(.5) || patch ? "/f1" : ""
    }`,
    query: patch ? [["fieldManager", "m"]] : [],
    headers: type ? [["content-type", type]] : [],
    body: { bytes },
  };
}
