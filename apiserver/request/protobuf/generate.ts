/**
 * Writes `messages.json`, the wire format of the built-in kinds that are served by default, and
 * `all_messages.json`, that of all others, from the Go types that Kubernetes publishes (their struct tags name both
 * the JSON field and the protobuf field number):
 *
 * ```sh
 * cd "$(go env GOMODCACHE)/k8s.io"; v=v0.37.2
 * deno run --allow-read --allow-write …/apiserver/request/protobuf/generate.ts \
 *   $(for f in api@$v/*\/v*\/types.go; do d=${f%/types.go}; echo "${d#api@$v/}=$PWD/$f"; done) \
 *   meta/v1=$PWD/apimachinery@$v/pkg/apis/meta/v1/types.go \
 *   meta/v1=$PWD/apimachinery@$v/pkg/apis/meta/v1/group_version.go \
 *   apiextensions/v1=$PWD/apiextensions-apiserver@$v/pkg/apis/apiextensions/v1/types.go \
 *   apiextensions/v1=$PWD/apiextensions-apiserver@$v/pkg/apis/apiextensions/v1/types_jsonschema.go \
 *   apiregistration/v1=$PWD/kube-aggregator@$v/pkg/apis/apiregistration/v1/types.go
 * ```
 *
 * @module
 */
import published from "../../builtin/all/kinds.json" with { type: "json" };

/** `[JSON name, type, flags]` by field number; flags: r repeated, m map, k kept when zero, n inline. */
type Message = Record<string, [string, string, string]>;

const SCALARS: Record<string, string> = {
  string: "string",
  "[]byte": "bytes",
  bool: "bool",
  int: "int",
  int32: "int",
  int64: "int",
  uint32: "int",
  uint64: "int",
  uint16: "int",
  float64: "double",
};
/** Types whose JSON form is not that of their fields. */
const SPECIAL: Record<string, string> = {
  "meta/v1.Time": "Time",
  "meta/v1.MicroTime": "MicroTime",
  "meta/v1.Duration": "Duration",
  "meta/v1.FieldsV1": "raw",
  "resource.Quantity": "Quantity",
  "intstr.IntOrString": "IntOrString",
  "runtime.RawExtension": "raw",
  "apiextensions/v1.JSON": "raw",
  "types.UID": "string",
  "types.NodeName": "string",
};
const PACKAGES: Record<string, string> = {
  metav1: "meta/v1",
  v1: "core/v1",
  apiv1: "core/v1",
  corev1: "core/v1",
  schedulingv1alpha3: "scheduling/v1alpha3",
};
/** What is served by default; whatever these contain comes along. */
const ROOTS = [
  "core/v1.ConfigMap",
  "core/v1.Event",
  "core/v1.LimitRange",
  "core/v1.Namespace",
  "core/v1.ResourceQuota",
  "core/v1.Secret",
  "core/v1.ServiceAccount",
  "authentication/v1.SelfSubjectReview",
  "authentication/v1.TokenRequest",
  "authentication/v1.TokenReview",
  "authorization/v1.LocalSubjectAccessReview",
  "authorization/v1.SelfSubjectAccessReview",
  "authorization/v1.SelfSubjectRulesReview",
  "authorization/v1.SubjectAccessReview",
  "coordination/v1.Lease",
  "events/v1.Event",
  "rbac/v1.ClusterRole",
  "rbac/v1.ClusterRoleBinding",
  "rbac/v1.Role",
  "rbac/v1.RoleBinding",
  "apiextensions/v1.CustomResourceDefinition",
  "meta/v1.DeleteOptions",
];

const structs = new Map<string, { home: string; lines: string[] }>();
const aliases = new Map<string, { home: string; type: string }>();
for (const argument of Deno.args) {
  const [home = "", path = ""] = argument.split("=");
  let current: string[] | undefined;
  for (const line of (await Deno.readTextFile(path)).split("\n")) {
    const struct = /^type (\w+) struct ?\{/.exec(line);
    const alias = /^type (\w+) ([\w.[\]*]+)$/.exec(line.trim());
    if (struct) {
      current = line.endsWith("{}") ? undefined : [];
      structs.set(`${home}.${struct[1]}`, { home, lines: current ?? [] });
    } else if (line === "}") current = undefined;
    else if (current) current.push(line);
    else if (alias) {
      aliases.set(`${home}.${alias[1]}`, { home, type: alias[2]! });
    }
  }
}

function qualified(type: string, home: string): string {
  const [first = "", second] = type.split(".");
  return second ? `${PACKAGES[first] ?? first}.${second}` : `${home}.${first}`;
}

const messages: Record<string, Message> = {};

/** The type of a field and whether it is a list or map of it. */
function resolve(type: string, home: string): [string, string] {
  const plain = type.replace(/^\*/, "");
  const scalar = SCALARS[plain];
  if (scalar) return [scalar, ""];
  const list = /^\[\](.+)$/.exec(plain);
  if (list) return [resolve(list[1]!, home)[0], "r"];
  const map = /^map\[[\w.]+\](.+)$/.exec(plain);
  if (map) return [mapValue(map[1]!, home), "m"];
  const name = qualified(plain, home);
  if (SPECIAL[name]) return [SPECIAL[name], ""];
  const alias = aliases.get(name);
  if (alias) return resolve(alias.type, alias.home);
  include(name);
  return [name, ""];
}

function mapValue(type: string, home: string): string {
  const name = qualified(type, home);
  const alias = aliases.get(name);
  // A named list inside a map is a message with one repeated field.
  if (alias?.type.startsWith("[]")) return "list";
  return resolve(type, home)[0];
}

function include(name: string) {
  if (messages[name]) return;
  const message: Message = messages[name] = {};
  const struct = structs.get(name);
  if (!struct) throw new Error(`${name} is in none of the files`);
  for (const line of struct.lines) {
    const tag = /`(.*)`/.exec(line)?.[1] ?? "";
    const [, wire] = /protobuf:"([^"]+)"/.exec(tag) ?? [];
    if (!wire || line.trimStart().startsWith("//")) continue;
    const code = line.slice(0, line.indexOf("`")).trim().split(/\s+/);
    const type = code[code.length - 1]!;
    const [, number = ""] = wire.split(",");
    const [json = "", ...options] = (/json:"([^"]*)"/.exec(tag)?.[1] ?? "")
      .split(",");
    const named = /name=(\w+)/.exec(wire)?.[1] ?? "";
    const [kind, shape] = resolve(type, struct.home);
    const keep = type.startsWith("*") || !options.includes("omitempty");
    // As encoding/json has it: an embedded struct without a name, whether or not its tag says `inline`.
    const inline = json === "" && code.length === 1;
    message[number] = [
      json && json !== "-" ? json : named,
      kind,
      shape + (keep ? "k" : "") + (inline ? "n" : ""),
    ];
  }
}

/** All other kinds, and the bodies of their subresources. */
const ALL_ROOTS = [
  ...published.resources.map(({ group, version, kind }) =>
    `${group.split(".")[0] || "core"}/${version}.${kind}`
  ),
  "autoscaling/v1.Scale",
  "policy/v1.Eviction",
];

async function write(file: string, names: string[]) {
  const lines = names.toSorted().map((name) =>
    `${JSON.stringify(name)}: ${JSON.stringify(messages[name])}`
  );
  await Deno.writeTextFile(
    new URL(file, import.meta.url),
    `{\n${lines.join(",\n")}\n}\n`,
  );
}

for (const root of ROOTS) include(root);
const own = Object.keys(messages);
await write("messages.json", own);
for (const root of ALL_ROOTS) include(root);
await write(
  "all_messages.json",
  Object.keys(messages).filter((name) => !own.includes(name)),
);
