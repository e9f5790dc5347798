/**
 * Query parameters and headers, in values that mean something or nothing.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import type { Surroundings } from "./generate.ts";
import { oddString } from "./values.ts";

/** Percent-encoded; lone surrogates have no UTF-8. */
export function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Query parameters, known and not. */
export function someQuery(
  r: Choices,
  { learned }: Surroundings,
): [string, string][] {
  const numbers = [
    "0",
    "1",
    "2",
    "500",
    "-1",
    "99999999999999999999",
    "x",
    "1.5",
    "",
  ];
  const known: [string, () => string][] = [
    ["limit", () => r.pick(numbers)],
    [
      "continue",
      () =>
        r.maybe(.7)
          ? r.pick(learned.continues)
          : r.pick([btoa('{"rv":1,"after":"x"}'), btoa("null"), "x", "%"]),
    ],
    [
      "resourceVersion",
      () => r.maybe(.6) ? r.pick(learned.versions) : r.pick(numbers),
    ],
    ["resourceVersionMatch", () => r.pick(["Exact", "NotOlderThan", "x", ""])],
    [
      "labelSelector",
      () =>
        r.pick([
          "a=1",
          "a!=1",
          "a",
          "!a",
          "a in (1,2)",
          "a notin (x),b",
          "a in (",
          "a==1,b",
          "a=b=c",
          ",",
          "a>1",
          "=",
          oddString(r),
        ]),
    ],
    [
      "fieldSelector",
      () =>
        r.pick([
          "metadata.name=f1",
          "metadata.namespace!=default",
          "metadata.name=",
          "type=x",
          "spec.a=1",
          ".spec.a=1",
          "status.phase=Active",
          "x=y=z",
          "a\\",
          oddString(r),
        ]),
    ],
    ["watch", () => r.pick(["1", "0", "true", "x"])],
    ["allowWatchBookmarks", () => r.pick(["true", "x"])],
    ["sendInitialEvents", () => r.pick(["true", "false", ""])],
    ["timeoutSeconds", () => r.pick(["0", "1", "-1", "x", "99999999999"])],
    ["dryRun", () => r.pick(["All", "", "x"])],
    ["fieldManager", () => r.pick(["m1", "", "x".repeat(200)])],
    ["fieldValidation", () => r.pick(["Strict", "Warn", "Ignore", "x"])],
    ["force", () => r.pick(["true", "false", "x"])],
    [
      "propagationPolicy",
      () => r.pick(["Foreground", "Background", "Orphan", "x"]),
    ],
    ["gracePeriodSeconds", () => r.pick(numbers)],
    ["orphanDependents", () => r.pick(["true", "x"])],
    ["includeObject", () => r.pick(["None", "Metadata", "Object", "x"])],
    ["pretty", () => r.pick(["1", "x"])],
    ["exclude", () => r.pick(["storage", "x"])],
    ["verbose", () => ""],
    ["hash", () => oddString(r)],
  ];
  const pairs = r.times(1 + r.below(4), (): [string, string] => {
    const [name, value] = r.pick(known);
    return [name, escaped(value())];
  });
  if (r.maybe(.05)) pairs.push([escaped(oddString(r)), escaped(oddString(r))]);
  if (r.maybe(.03)) {
    pairs.push(["a", r.pick(["%", "%ff", "%zz", "&&", "x".repeat(20_000)])]);
  }
  return pairs;
}

/** A header that changes what a request means. */
export function oddHeader(
  r: Choices,
  { learned }: Surroundings,
): [string, string] {
  // Header values end at a line break; what the client may send is any other byte.
  // deno-lint-ignore no-control-regex
  const clean = (text: string) => escaped(text).replaceAll(/[\x00-\x1f]/g, "");
  return r.pick<() => [string, string]>([
    () => [
      "accept",
      r.pick([
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io",
        "application/yaml",
        "application/vnd.kubernetes.protobuf",
        "application/cbor",
        "text/html",
        "*/*;q=x",
        ";;;,,,=",
        "application/json;stream=watch",
        clean(oddString(r)),
      ]),
    ],
    () => [
      "content-type",
      r.pick([
        "text/plain",
        "application/yaml",
        "",
        ";",
        "application/json;charset=x",
        clean(oddString(r)),
      ]),
    ],
    () => [
      "authorization",
      r.pick([
        "Bearer x",
        "Bearer a.b.c",
        "Basic eDp5",
        "Bearer",
        ...learned.tokens.map((token) => `Bearer ${token}`),
      ]),
    ],
    () => [
      "impersonate-user",
      r.pick([
        "jane",
        "system:serviceaccount:default:default",
        "system:serviceaccount:x",
        clean(oddString(r)),
      ]),
    ],
    () => ["impersonate-group", r.pick(["dev", "system:masters", ""])],
    () => ["impersonate-extra-a%2fb", clean(oddString(r))],
    () => ["impersonate-uid", "x"],
    () => ["user-agent", r.pick(["", "x".repeat(3000), "\xff\xfe", "a/b (c)"])],
    () => ["accept-encoding", r.pick(["gzip", "br", "x"])],
    () => ["if-none-match", '"x"'],
    () => ["transfer-encoding", "gzip"],
    () => ["expect", "100-continue"],
    () => ["x-odd", "\x80".repeat(r.pick([1, 100, 20_000]))],
  ])();
}
