import { StatusError } from "../errors.ts";

/** How an answer is written. */
export interface Form {
  mediaType: "application/json" | "application/yaml";
  /** What it is written as, where that is not the object itself. */
  as?: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  /** The version of meta.k8s.io that `as` is of. @default {"v1"} */
  version?: string;
  /** `pretty=1`: indented. */
  pretty?: boolean;
}

/** One clause of an Accept header. */
export interface Clause {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

/** The clauses of an Accept header, best first. */
export function acceptClauses(accept: string | null): Clause[] {
  const clauses = (accept || "*/*").split(",").map((clause) => {
    const [type = "", ...rest] = clause.split(";").map((s) => s.trim());
    const parameters: Record<string, string> = {};
    for (const pair of rest) {
      const [key = "", value = ""] = pair.split("=");
      parameters[key.toLowerCase()] = value.replace(/^"|"$/g, "");
    }
    const quality = parameters.q === undefined ? 1 : Number(parameters.q);
    return { type: type.toLowerCase(), parameters, quality };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

const MEDIA_TYPES: Record<string, Form["mediaType"]> = {
  "application/json": "application/json",
  "application/*": "application/json",
  "*/*": "application/json",
  "application/yaml": "application/yaml",
  "application/vnd.kubernetes.yaml": "application/yaml",
};
const TRANSFORMS = [
  "Table",
  "PartialObjectMetadata",
  "PartialObjectMetadataList",
];

/** Forms by Accept header: a client sends the same one again and again. */
const known = new Map<string, Form>();
const MAX_KNOWN = 100;

/** What `negotiate` may choose. */
export interface NegotiationOptions {
  /** @default {false} */
  pretty?: boolean;
  /** Whether the answer can be a Table or metadata alone; those of reviews cannot. @default {true} */
  transforms?: boolean;
}

/**
 * Chooses the form of an answer by the request's Accept header.
 *
 * @throws 406 where nothing acceptable can be served.
 */
export function negotiate(
  accept: string | null,
  { pretty = false, transforms = true }: NegotiationOptions = {},
): Form {
  const key = `${pretty ? "pretty " : ""}${transforms ? "" : "plain "}${
    accept ?? ""
  }`;
  let form = known.get(key);
  if (!form) {
    form = choose(accept, { pretty, transforms });
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, form);
  }
  return form;
}

function choose(
  accept: string | null,
  { pretty, transforms }: Required<NegotiationOptions>,
): Form {
  for (const { type, parameters } of acceptClauses(accept)) {
    if (!Object.hasOwn(MEDIA_TYPES, type)) continue;
    const mediaType = MEDIA_TYPES[type]!;
    const { as, g, v } = parameters;
    if (as === undefined) return { mediaType, pretty };
    if (!transforms || g !== "meta.k8s.io" || !TRANSFORMS.includes(as)) {
      continue;
    }
    if (v !== "v1" && v !== "v1beta1") continue;
    return { mediaType, pretty, as: as as Form["as"], version: v };
  }
  throw new StatusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/json;as=Table;v=v1;g=meta.k8s.io",
  );
}
