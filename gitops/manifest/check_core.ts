import type { KubeObject } from "../../api/meta.ts";
import { didYouMean } from "./nearest.ts";
import { describe } from "./schema_problems.ts";

/** What `add` of {@linkcode checkCore} is told. */
type Add = (
  path: readonly PropertyKey[],
  message: string,
  about?: "key" | "value",
) => void;

/** Fields of an object, and those of them that are maps: of text, or of bytes. */
interface Shape {
  fields: string[];
  text: string[];
  bytes: string[];
}

/** Kinds of Kubernetes that nearly every repository has, and whose slips are all alike. */
const SHAPES = new Map<string, Shape>([
  ["ConfigMap", {
    fields: ["data", "binaryData", "immutable"],
    text: ["data"],
    bytes: ["binaryData"],
  }],
  ["Secret", {
    fields: ["data", "stringData", "type", "immutable"],
    text: ["stringData"],
    bytes: ["data"],
  }],
]);

/** Checks ConfigMaps and Secrets as the API server will. */
export function checkCore(object: KubeObject, add: Add): void {
  const shape = object.apiVersion === "v1"
    ? SHAPES.get(object.kind)
    : undefined;
  if (!shape) return;
  const known = ["apiVersion", "kind", "metadata", ...shape.fields];
  for (const field of Object.keys(object)) {
    // What is said of `status` is said elsewhere.
    if (known.includes(field) || field === "status") continue;
    add(
      [field],
      `is not a known field${
        didYouMean(field, known) || `; known are ${known.join(", ")}`
      }`,
      "key",
    );
  }
  for (const field of [...shape.text, ...shape.bytes]) {
    const map = (object as unknown as Record<string, unknown>)[field];
    if (map === undefined || map === null) continue;
    if (typeof map !== "object" || Array.isArray(map)) {
      add([field], `found ${describe(map)}, expected an object`);
      continue;
    }
    for (const [key, value] of Object.entries(map)) {
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || /^\.\.?$/.test(key)) {
        add(
          [field, key],
          `found ${
            describe(key)
          }, expected a key of letters, digits, '-', '_' and '.'`,
          "key",
        );
      }
      if (typeof value !== "string") {
        const inQuotes = /^(number|boolean)$/.test(typeof value)
          ? "; put it in quotes"
          : "";
        add(
          [field, key],
          `found ${describe(value)}, expected a string${inQuotes}`,
        );
      } else if (shape.bytes.includes(field) && !isBase64(value)) {
        // Never the value: it may be the secret itself, in the wrong field.
        add(
          [field, key],
          `found a string that is not base64${
            object.kind === "Secret" ? "; plain text goes into stringData" : ""
          }`,
        );
      }
    }
  }
}

function isBase64(text: string): boolean {
  const bare = text.replace(/[\r\n]/g, "");
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}
