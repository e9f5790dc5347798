import type { Json, JsonObject } from "../../apiserver/types.ts";
import type { Choices } from "./choices.ts";

/** A kind whose objects are written at random. */
export interface WrittenKind {
  plural: string;
  kind: string;
  apiVersions: string[];
  builtin: boolean;
  /** What a new object holds beside metadata. */
  make(choose: Choices): JsonObject;
  /** What a patch or an applied configuration holds. */
  part(choose: Choices): JsonObject;
  /** Left out where the kind has no status. */
  status?(choose: Choices): JsonObject;
}

const text = { type: "string" };
const integer = { type: "integer" };
const strings = { type: "object", additionalProperties: text };
const atomic = { "x-kubernetes-map-type": "atomic" };
const anything = { "x-kubernetes-preserve-unknown-fields": true };

function setOf(items: JsonObject): JsonObject {
  return { type: "array", items, "x-kubernetes-list-type": "set" };
}

function listMap(keys: string[], properties: JsonObject): JsonObject {
  const required = keys.filter((key) => key !== "protocol");
  return {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
    items: { type: "object", required, properties },
  };
}

const ports = listMap(["name", "protocol"], {
  name: text,
  protocol: { ...text, default: "TCP" },
  v: integer,
  w: integer,
  e: strings,
});

/** Every sort of list and map, with defaults and nulls. */
const spec: JsonObject = {
  type: "object",
  properties: {
    a: { ...integer, maximum: 9 },
    d: { ...integer, default: 5 },
    n: { ...text, nullable: true },
    time: { ...text, format: "date-time" },
    either: { "x-kubernetes-int-or-string": true },
    list: { type: "array", items: integer },
    set: setOf(text),
    ints: setOf(integer),
    map: strings,
    whole: { ...strings, ...atomic },
    sets: { type: "object", additionalProperties: setOf(text) },
    open: {
      type: "object",
      additionalProperties: {
        type: "object",
        properties: { p: integer, q: text },
      },
    },
    free: { type: "object", ...anything },
    half: {
      type: "object",
      ...anything,
      properties: { k: integer, s: setOf(text), m: strings },
    },
    any: anything,
    struct: {
      type: "object",
      default: {},
      properties: { u: { ...integer, default: 3 }, v: text },
    },
    fixed: {
      type: "object",
      ...atomic,
      properties: { u: { ...integer, default: 3 }, v: text },
    },
    embedded: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      ...anything,
    },
    ports,
    deep: listMap(["id"], {
      id: integer,
      v: text,
      s: setOf(text),
      m: strings,
      fixed: { ...strings, ...atomic },
      inner: listMap(["on", "name"], {
        on: { type: "boolean" },
        name: text,
        v: integer,
        def: { ...integer, default: 7 },
      }),
    }),
  },
};

function definition(
  kind: string,
  versions: { name: string; subresources?: JsonObject; schema: JsonObject }[],
): JsonObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.t.example.com` },
    spec: {
      group: "t.example.com",
      scope: "Namespaced",
      names: { plural, kind },
      versions: versions.map(({ schema, ...version }, i) => ({
        ...version,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: schema },
      })),
    },
  };
}

/** A kind with a schema in two versions, and one that says little of its objects. */
export const definitions: JsonObject[] = [
  definition(
    "Thing",
    ["v1", "v2"].map((name) => ({
      name,
      subresources: { status: {} },
      schema: {
        type: "object",
        properties: { status: { type: "object", ...anything }, spec },
      },
    })),
  ),
  definition("Loose", [{
    name: "v1",
    schema: {
      type: "object",
      ...anything,
      properties: {
        spec: {
          type: "object",
          ...anything,
          properties: { set: setOf(text), ports },
        },
      },
    },
  }]),
];

function someStrings({ some, pick }: Choices): JsonObject {
  return Object.fromEntries(
    some(["x", "y", "z<", "a.b/c"], .4).map((k) => [k, pick(["1", "2", ""])]),
  );
}

function someSet({ some, maybe }: Choices): Json[] {
  const values = some(["a", "b", "c", "d&"], .45);
  return maybe(.3) ? values.reverse() : values;
}

/** Each of `fields` by chance. */
function someOf(
  { maybe }: Choices,
  chance: number,
  fields: Record<string, () => Json>,
): JsonObject {
  const out: JsonObject = {};
  for (const [key, make] of Object.entries(fields)) {
    if (maybe(chance)) out[key] = make();
  }
  return out;
}

function somePorts(choose: Choices): Json[] {
  const { some, pick, maybe } = choose;
  const out = ["a", "b", "c"].flatMap((name) =>
    some([undefined, "UDP", "TCP"], .25).map((protocol) => ({
      name,
      ...(protocol ? { protocol } : {}),
      ...someOf(choose, .4, {
        v: () => pick([1, 2]),
        w: () => pick([1, 2]),
        e: () => someStrings(choose),
      }),
    }))
  );
  return maybe(.3) ? out.reverse() : out;
}

function someDeep(choose: Choices): Json[] {
  const { some, pick } = choose;
  return some([1, 2, 30]).map((id) => ({
    id,
    ...someOf(choose, .3, {
      v: () => pick(["1", "2"]),
      s: () => someSet(choose),
      m: () => someStrings(choose),
      fixed: () => someStrings(choose),
      inner: () =>
        [true, false].flatMap((on) =>
          some(["a", "b"], .4).map((name) => ({
            on,
            name,
            ...someOf(choose, .4, {
              v: () => pick([1, 2]),
              def: () => pick([7, 8]),
            }),
          }))
        ),
    }),
  }));
}

function thingSpec(choose: Choices): JsonObject {
  const { pick, some } = choose;
  const one = (...values: Json[]) => () => pick(values);
  return someOf(choose, pick([.05, .15, .3]), {
    a: one(1, 2, 3, 30, "x"),
    d: one(5, 6),
    n: one(null, "x"),
    time: one("2026-01-02T03:04:05Z", "yesterday"),
    either: one(1, "x"),
    list: one([1], [1, 2], [3], []),
    set: () => someSet(choose),
    ints: () => some([1, 2, 10, -3]),
    map: () => someStrings(choose),
    whole: () => someStrings(choose),
    sets: () =>
      Object.fromEntries(some(["x", "y"]).map((k) => [k, someSet(choose)])),
    open: one({ x: { p: 1 }, y: {} }, { x: { p: 2, q: "q" } }, {}),
    free: one({ x: 1 }, { x: { d: 1 }, y: [1, { e: 2 }] }, {}, { "10": 1 }),
    half: one(
      { k: 1 },
      { k: 1, s: ["a"], z: { y: 1 } },
      { m: { a: "1" }, z: [1] },
      { s: ["b", "a"], z: 1 },
    ),
    any: one(1, "x", [1, 2], { x: 1 }, { x: { y: 1 } }, [], {}, true),
    struct: one({}, { u: 4 }, { v: "v" }),
    fixed: one({}, { u: 4 }, { v: "v" }),
    embedded: () => ({
      apiVersion: "v1",
      kind: "X",
      metadata: { name: pick(["n", "m"]), labels: { x: pick(["1", "2"]) } },
      data: { [pick(["x", "y"])]: pick([1, 2]) },
    }),
    ports: () => somePorts(choose),
    deep: () => someDeep(choose),
  });
}

function looseSpec(choose: Choices): JsonObject {
  return someOf(choose, .4, {
    set: () => someSet(choose),
    ports: () => somePorts(choose),
    x: () => choose.pick<Json>([1, "1", { y: 1 }, { y: { z: 1 } }, [1], []]),
  });
}

function someStatus({ pick }: Choices): JsonObject {
  return pick<JsonObject>([
    { s: 1 },
    { s: 2, t: { u: 1 } },
    { t: { u: { v: 1 } } },
    { conditions: [{ type: "A", status: "True" }] },
    {},
  ]);
}

function configMap(choose: Choices): JsonObject {
  const { some, pick } = choose;
  const keyed = (keys: string[], values: string[]) => () =>
    Object.fromEntries(some(keys, .4).map((k) => [k, pick(values)]));
  return someOf(choose, .6, {
    data: keyed(["a", "b", "c", "10", "9"], ["1", "2", ""]),
    binaryData: keyed(["d", "e"], ["AA==", "AQ=="]),
  });
}

function account(choose: Choices): JsonObject {
  const { some, pick } = choose;
  const names = () => some(["a", "b", "c"]).map((name) => ({ name }));
  return someOf(choose, .5, {
    secrets: names,
    imagePullSecrets: names,
    automountServiceAccountToken: () => pick([true, false]),
  });
}

/** All that kube-apiserver would fill in, so that there is nothing to fill in. */
function deployment(): JsonObject {
  const container = {
    image: "i",
    imagePullPolicy: "Always",
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
  };
  const rolling = { maxSurge: "25%", maxUnavailable: "25%" };
  return {
    spec: {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: "x" } },
      strategy: { type: "RollingUpdate", rollingUpdate: rolling },
      template: {
        metadata: { labels: { app: "x" } },
        spec: {
          containers: ["a", "b"].map((name) => ({ name, ...container })),
          volumes: ["v", "w"].map((name) => ({ name, emptyDir: {} })),
          dnsPolicy: "ClusterFirst",
          restartPolicy: "Always",
          schedulerName: "default-scheduler",
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
    },
  };
}

function deploymentPart(choose: Choices): JsonObject {
  const { some, pick } = choose;
  const named = (names: string[]) => () =>
    some(names, .6).map((name) => ({ name }));
  const container = (name: string) => ({
    name,
    ...someOf(choose, .4, {
      args: () => pick([["1"], ["1", "2"], []]),
      env: () => some(["A", "B"]).map((name) => ({ name, value: pick(["1"]) })),
      ports: () =>
        some([80, 81]).flatMap((containerPort) =>
          some(["TCP", "UDP"]).map((protocol) => ({ containerPort, protocol }))
        ),
      volumeMounts: () =>
        some(["/a", "/b"]).map((mountPath) => ({ mountPath, name: "v" })),
    }),
  });
  const pod = () =>
    someOf(choose, .4, {
      containers: () => some(["a", "b"], .6).map(container),
      imagePullSecrets: named(["k", "l"]),
      nodeSelector: () => ({ [pick(["x", "y"])]: "1" }),
      tolerations: () =>
        some(["k"]).map((key) => ({ key, operator: "Exists" })),
    });
  return {
    spec: someOf(choose, .6, {
      minReadySeconds: () => pick([1, 2]),
      template: () => ({ spec: pod() }),
    }),
  };
}

/** The kinds, those with the most sorts of fields first. */
export const kinds: WrittenKind[] = [
  {
    plural: "things",
    kind: "Thing",
    apiVersions: ["t.example.com/v1", "t.example.com/v1", "t.example.com/v2"],
    builtin: false,
    make: (choose) => ({ spec: thingSpec(choose) }),
    part: (choose) => ({ spec: thingSpec(choose) }),
    status: someStatus,
  },
  {
    plural: "looses",
    kind: "Loose",
    apiVersions: ["t.example.com/v1"],
    builtin: false,
    make: (choose) => ({ spec: looseSpec(choose) }),
    part: (choose) => ({
      spec: looseSpec(choose),
      ...someOf(choose, .3, {
        more: () => choose.pick<Json>([1, { x: 1 }, { x: { y: 1 } }, []]),
        status: () => someStatus(choose),
      }),
    }),
  },
  {
    plural: "configmaps",
    kind: "ConfigMap",
    apiVersions: ["v1"],
    builtin: true,
    make: configMap,
    part: configMap,
  },
  {
    plural: "serviceaccounts",
    kind: "ServiceAccount",
    apiVersions: ["v1"],
    builtin: true,
    make: account,
    part: account,
  },
  {
    plural: "deployments",
    kind: "Deployment",
    apiVersions: ["apps/v1"],
    builtin: true,
    make: deployment,
    part: deploymentPart,
  },
];
