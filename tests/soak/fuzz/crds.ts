/**
 * CustomResourceDefinitions with every part that the API has, in combinations that make sense or don't.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import {
  choose,
  type Making,
  maybe,
  objectSchema,
  someRule,
  someSchema,
} from "./crd_schemas.ts";

/** How many definitions there are at most. */
export const CRDS = 12;

const PATHS = [".spec.a", ".spec.b", ".spec.c.d"];
const ODD_PATHS = [".status.a", "spec", ".", "{", "", ".spec[?(@.a==1)]"];

/** Definition `index` of {@linkcode CRDS}, another each time. */
export function someCrd(r: Choices, index: number): Record<string, unknown> {
  const m: Making = { r, wild: r.maybe(.4) };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `fuzz${index}s.fuzz.example.com` },
    spec: {
      group: "fuzz.example.com",
      // The scope of a name stays, so that its paths can be told beforehand.
      scope: index % 3 === 0 ? "Cluster" : "Namespaced",
      names: {
        plural: `fuzz${index}s`,
        kind: `Fuzz${index}`,
        ...maybe(m, .3, [
          "shortNames",
          () => [choose(m, ["fz", "cm", "po"], ["A"])],
        ]),
        ...maybe(m, .2, ["categories", () => [choose(m, ["all"], ["x y"])]]),
      },
      versions: [
        version(m, { name: "v1", storage: true }),
        ...r.maybe(.3)
          ? [version(m, { name: "v2", storage: m.wild && r.maybe(.1) })]
          : [],
      ],
      ...maybe(m, .1, ["conversion", () => ({
        strategy: choose(m, ["None"], ["Webhook", "x"]),
      })]),
      ...m.wild
        ? maybe(m, .05, ["preserveUnknownFields", () => r.maybe(.5)])
        : {},
    },
  };
}

function version(
  m: Making,
  { name, storage }: { name: string; storage: boolean },
): unknown {
  const { r } = m;
  return {
    name,
    served: r.maybe(.95),
    storage,
    schema: { openAPIV3Schema: rootSchema(m) },
    subresources: {
      ...maybe(m, .6, ["status", () => ({})]),
      ...maybe(m, .4, ["scale", () => ({
        specReplicasPath: choose(m, PATHS, ODD_PATHS),
        statusReplicasPath: choose(m, [".status.a", ".status.b"], PATHS),
        ...maybe(m, .4, [
          "labelSelectorPath",
          () => choose(m, [".status.a", ".spec.b"], ODD_PATHS),
        ]),
      })]),
    },
    ...maybe(m, .3, [
      "additionalPrinterColumns",
      () =>
        r.times(1 + r.below(3), () => ({
          name: choose(m, ["A", "B"], [""]),
          type: choose(m, ["string", "integer", "date"], ["x"]),
          jsonPath: choose(m, [...PATHS, ".spec.b[*].a"], ODD_PATHS),
        })),
    ]),
    ...maybe(m, .2, [
      "selectableFields",
      () => [{ jsonPath: choose(m, PATHS, ODD_PATHS) }],
    ]),
    ...maybe(m, .05, ["deprecated", () => true]),
  };
}

function rootSchema(m: Making): unknown {
  const { r, wild } = m;
  if (wild && r.maybe(.2)) return someSchema(m, 3);
  return {
    type: "object",
    properties: {
      spec: objectSchema(m, 3),
      status: objectSchema(m, 2),
      ...wild ? maybe(m, .1, ["metadata", () => someSchema(m, 2)]) : {},
    },
    ...maybe(m, .2, [
      "x-kubernetes-validations",
      () => [{ rule: someRule(m) }],
    ]),
  };
}
