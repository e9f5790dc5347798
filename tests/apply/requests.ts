import { isObject } from "../../apiserver/is_object.ts";
import type { Json, JsonObject } from "../../apiserver/types.ts";
import type { Choices } from "./choices.ts";
import type { WrittenKind } from "./kinds.ts";

/** A request to both servers; `body` is made of the state that the object has on each. */
export interface WriteRequest {
  operation: string;
  method: string;
  path: string;
  type?: string;
  body?: (state: JsonObject | undefined) => Json;
}

/** What the next request depends on. */
export interface Known {
  kind: WrittenKind;
  name: string;
  /** The object as the first of the servers has it. */
  state: JsonObject | undefined;
  /** What each manager applied last. */
  applied: Map<string, JsonObject>;
}

const MANAGERS = ["one", "two", "three", "kubectl"];

/** The next request, by chance. */
export function nextRequest(choose: Choices, known: Known): WriteRequest {
  const { kind, name, state } = known;
  const apiVersion = choose.pick(kind.apiVersions);
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const collection = `${root}/${apiVersion}/namespaces/default/${kind.plural}`;
  const manager = choose.pick(MANAGERS);
  const dry = choose.maybe(.05) ? "&dryRun=All" : "";
  const query = `?fieldManager=${manager}${dry}`;
  const path = `${collection}/${name}`;
  const operation = choose.pick(operations(kind, state !== undefined));
  const whole = (rest: JsonObject): JsonObject => ({
    apiVersion,
    kind: kind.kind,
    ...rest,
    metadata: {
      name,
      namespace: "default",
      ...rest.metadata as JsonObject,
    },
  });
  const [verb, subresource] = operation.split(" ") as [string, string?];
  const target = subresource ? `${path}/${subresource}` : path;
  const part = () =>
    subresource ? statusPart(choose, kind) : somePart(choose, kind);
  const patch = (type: string, body: Json): WriteRequest => ({
    operation: `${operation} by ${manager}${dry}: ${JSON.stringify(body)}`,
    method: "PATCH",
    path: target + query,
    type,
    body: () => body,
  });
  switch (verb) {
    case "create": {
      const body = whole({
        ...kind.make(choose),
        metadata: someMetadata(choose),
      });
      return {
        operation: `create by ${manager}${dry}: ${JSON.stringify(body)}`,
        method: "POST",
        path: collection + query,
        body: () => body,
      };
    }
    case "apply": {
      const fresh = part();
      const last = subresource ? undefined : known.applied.get(manager);
      const body = last && choose.maybe(.6)
        ? varied(choose, last, choose.maybe(.4) ? fresh : {})
        : fresh;
      if (!subresource) known.applied.set(manager, body);
      const force = choose.maybe(.6);
      const request = patch("application/apply-patch+yaml", whole(body));
      return { ...request, path: `${request.path}&force=${force}` };
    }
    case "merge":
    case "strategic": {
      const managedFields = choose.pick<Json>([[], [{}], null]);
      const body = choose.maybe(.04)
        ? { metadata: { managedFields } }
        : withNulls(
          choose,
          part(),
          kind.plural === "deployments" ? {} : state!,
        );
      return patch(
        `application/${
          verb === "merge" ? "merge" : "strategic-merge"
        }-patch+json`,
        body,
      );
    }
    case "json":
      return patch(
        "application/json-patch+json",
        jsonPatch(choose, part(), state!),
      );
    case "replace": {
      const body = replacement(choose, { kind, part: part() });
      return {
        operation: `${operation} by ${manager}${dry}: ${
          JSON.stringify(body(state!))
        }`,
        method: "PUT",
        path: target + query,
        body: (own) => ({ ...body(own!), apiVersion }),
      };
    }
    default:
      return { operation, method: "DELETE", path };
  }
}

function operations(kind: WrittenKind, exists: boolean): string[] {
  // What an object of this kind needs, no manager applies.
  if (!exists) {
    return kind.plural === "deployments" ? ["create"] : ["create", "apply"];
  }
  const patches = ["apply", "apply", "apply", "apply", "json", "replace"];
  // It would replace the containers of a Deployment.
  if (kind.plural !== "deployments") patches.push("merge");
  if (kind.builtin) patches.push("strategic");
  if (kind.status) {
    patches.push("apply status", "merge status", "replace status");
  }
  return [...patches, "delete"];
}

function someMetadata({ maybe, pick, some }: Choices): JsonObject {
  const owners = ["1", "2"].map((uid) => ({
    apiVersion: "x.example.com/v1",
    kind: "Nope",
    name: `n${uid}`,
    uid,
  }));
  return {
    ...(maybe(.25) ? { labels: { l: pick(["1", "2"]), m: "1" } } : {}),
    ...(maybe(.2) ? { annotations: { [pick(["an", "am"])]: "1" } } : {}),
    ...(maybe(.08) ? { finalizers: ["x.y/a", ...some(["x.y/b"])] } : {}),
    ...(maybe(.06) ? { ownerReferences: owners.slice(0, pick([1, 2])) } : {}),
  };
}

function somePart(choose: Choices, kind: WrittenKind): JsonObject {
  return { metadata: someMetadata(choose), ...kind.part(choose) };
}

function statusPart(choose: Choices, kind: WrittenKind): JsonObject {
  // With a spec that does not fit its schema kube-apiserver would lose track.
  return {
    ...(choose.maybe(.2) ? { metadata: someMetadata(choose) } : {}),
    status: kind.status!(choose),
  };
}

/** `before` without some of its parts, and with some of `fresh`. */
function varied(choose: Choices, before: Json, fresh: Json): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(before as JsonObject)) {
    if (value === undefined || choose.maybe(.15)) continue;
    const other = isObject(fresh) ? fresh[key] ?? {} : {};
    if (!isObject(value) || !choose.maybe(.4)) out[key] = value;
    else out[key] = varied(choose, value, other);
  }
  if (!isObject(fresh)) return out;
  for (const [key, value] of Object.entries(fresh)) {
    if (!(key in out) && choose.maybe(.5)) out[key] = value;
  }
  return out;
}

const KEPT = new Set(["apiVersion", "kind", "metadata", "status"]);

/** A merge patch that removes some of what is there. */
function withNulls(
  choose: Choices,
  patch: JsonObject,
  state: JsonObject,
): JsonObject {
  const out = { ...patch };
  for (const [key, value] of Object.entries(state)) {
    const there = out[key];
    if (isObject(there) && isObject(value) && key !== "metadata") {
      out[key] = withNulls(choose, there, value);
    } else if (!(key in out) && !KEPT.has(key) && choose.maybe(.15)) {
      out[key] = null;
    }
  }
  return out;
}

/** What `part` says as a JSON patch, and the removal of some. */
function jsonPatch(
  choose: Choices,
  part: JsonObject,
  state: JsonObject,
): JsonObject[] {
  const out: JsonObject[] = [];
  const visit = (wanted: JsonObject, there: JsonObject, at: string) => {
    for (const [key, value] of Object.entries(wanted)) {
      const path = `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const now = there[key];
      if (isObject(value) && isObject(now)) visit(value, now, path);
      else if (
        key === "containers" || Array.isArray(now) && !choose.maybe(.8)
      ) {
        continue;
      } else if (now !== undefined && at !== "" && choose.maybe(.3)) {
        out.push({ op: "remove", path });
      } else {out.push({
          op: now === undefined ? "add" : "replace",
          path,
          value,
        });}
    }
  };
  visit(part, state, "");
  return out;
}

/** A state in which parts are replaced, with its managedFields or without. */
function replacement(
  choose: Choices,
  { kind, part }: { kind: WrittenKind; part: JsonObject },
): (state: JsonObject) => JsonObject {
  const { pick, maybe } = choose;
  const managed = pick(["kept", "kept", "left out", "empty", "reset", "fewer"]);
  const versioned = maybe(.8);
  // Of a Deployment much has to be there.
  const whole = maybe(.5) && kind.plural !== "deployments";
  return (state) => {
    const { metadata, ...rest } = state;
    const { managedFields, resourceVersion, ...own } = metadata as JsonObject;
    const entries = (managedFields ?? []) as Json[];
    return {
      ...(whole ? { ...rest, ...part } : mergedOver(rest, part)),
      metadata: {
        ...own,
        ...(versioned ? { resourceVersion } : {}),
        ...(managed === "kept" && entries.length ? { managedFields } : {}),
        ...(managed === "empty" ? { managedFields: [] } : {}),
        ...(managed === "reset" ? { managedFields: [{}] } : {}),
        ...(managed === "fewer" ? { managedFields: entries.slice(1) } : {}),
      },
    };
  };
}

function mergedOver(state: JsonObject, part: JsonObject): JsonObject {
  const out = { ...state };
  for (const [key, value] of Object.entries(part)) {
    const there = out[key];
    if (key === "containers") continue;
    out[key] = isObject(value) && isObject(there)
      ? mergedOver(there, value)
      : value;
  }
  return out;
}
