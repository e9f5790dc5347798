/**
 * Rules for `spec.versions` of a definition.
 *
 * kube-apiserver keeps what all versions have in common in one place above
 * them, and its errors name that place: `spec.validation`,
 * `spec.subresources`, `spec.additionalPrinterColumns`,
 * `spec.selectableFields`.
 *
 * @module
 */
import { invalidValue, required, tooMany } from "../schema/field_error.ts";
import { deepEqual, validateStructural } from "../schema/mod.ts";
import type { FieldError, Json, Schema } from "../types.ts";
import type { Crd, CrdVersion, Names } from "./types.ts";

const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = [
  "byte",
  "date",
  "date-time",
  "double",
  "float",
  "int32",
  "int64",
  "password",
];
const MAX_SELECTABLE_FIELDS = 8;

/** Problems with a name that has to be a DNS label of RFC 1035. */
export function label1035(
  field: string,
  value: string,
  { lowerCase = false, prefix = "" } = {},
): FieldError[] {
  const label = lowerCase ? value.toLowerCase() : value;
  const problems = [
    ...label.length > 63 ? ["must be no more than 63 bytes"] : [],
    ...LABEL_1035.test(label) ? [] : [LABEL_1035_TEXT],
  ];
  return problems.length === 0
    ? []
    : [invalidValue(field, value, prefix + problems.join(","))];
}

/** The parts of a version that may be common to all. */
const PARTS = [
  "schema",
  "subresources",
  "additionalPrinterColumns",
  "selectableFields",
] as const;
type Part = (typeof PARTS)[number];

/** Problems with the versions; `names` checks what kube-apiserver checks between them and what they have in common. */
export function versionErrors(
  spec: Crd["spec"],
  names: (names: Partial<Names>) => FieldError[],
): FieldError[] {
  const versions = spec.versions ?? [];
  const [first] = versions;
  const common = new Set<Part>(
    PARTS.filter((part) =>
      versions.every((version) => deepEqual(version[part], first?.[part]))
    ),
  );
  const errors: FieldError[] = [];
  if (!common.has("schema") || !first?.schema?.openAPIV3Schema) {
    versions.forEach(({ schema }, index) => {
      if (schema?.openAPIV3Schema) return;
      errors.push(
        required(`spec.versions[${index}].schema.openAPIV3Schema`),
      );
    });
  }
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    errors.push(...label1035(`${path}.name`, version.name ?? ""));
    errors.push(...partErrors(version, { path, skip: common }));
  });
  const shown = versions.map((version) => inGo(version, common));
  const wrong = (why: string): FieldError => ({
    ...invalidValue("spec.versions", "", ""),
    message: `Invalid value: ${
      spec.versions ? JSON.stringify(shown) : "null"
    }: ${why}`,
  });
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(wrong("must contain unique version names"));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(
      wrong("must have exactly one version marked as storage version"),
    );
  }
  errors.push(...names(spec.names ?? {}));
  if (first) {
    const skip = new Set(PARTS.filter((part) => !common.has(part)));
    errors.push(...partErrors(first, { path: "spec", skip }));
  }
  return errors;
}

/** A version with the names of Go's fields, as errors show it. */
function inGo(version: CrdVersion, common: Set<Part>): Json {
  const part = (name: Part) =>
    (common.has(name) ? null : version[name] ?? null) as Json;
  return {
    Name: version.name ?? "",
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: part("schema"),
    Subresources: part("subresources"),
    AdditionalPrinterColumns: part("additionalPrinterColumns"),
    SelectableFields: part("selectableFields"),
  };
}

function partErrors(
  version: CrdVersion,
  { path, skip }: { path: string; skip: Set<Part> },
): FieldError[] {
  const errors: FieldError[] = [];
  const schema = version.schema?.openAPIV3Schema;
  if (schema && !skip.has("schema")) {
    const at = `${
      path === "spec" ? "spec.validation" : `${path}.schema`
    }.openAPIV3Schema`;
    if (!skip.has("subresources") && version.subresources?.status) {
      errors.push(...rootErrors(schema, at));
    }
    errors.push(...validateStructural(schema, at));
  }
  if (!skip.has("subresources")) errors.push(...scaleErrors(version, path));
  if (!skip.has("additionalPrinterColumns")) {
    version.additionalPrinterColumns?.forEach((column, index) =>
      errors.push(
        ...columnErrors(column, `${path}.additionalPrinterColumns[${index}]`),
      )
    );
  }
  if (!skip.has("selectableFields")) {
    errors.push(...selectableErrors(version, `${path}.selectableFields`));
  }
  return errors;
}

/** What a schema may say at its root beside a status of its own, by kube-apiserver's names of it. */
const AT_ROOT: Record<string, string> = {
  description: "Description",
  type: "Type",
  format: "Format",
  title: "Title",
  maximum: "Maximum",
  exclusiveMaximum: "ExclusiveMaximum",
  minimum: "Minimum",
  exclusiveMinimum: "ExclusiveMinimum",
  maxLength: "MaxLength",
  minLength: "MinLength",
  pattern: "Pattern",
  maxItems: "MaxItems",
  minItems: "MinItems",
  uniqueItems: "UniqueItems",
  multipleOf: "MultipleOf",
  required: "Required",
  items: "Items",
  properties: "Properties",
  externalDocs: "ExternalDocs",
  example: "Example",
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-validations": "XValidations",
};

/** The status is validated by itself, so that nothing at the root may be about it and the rest together. */
function rootErrors(schema: Schema, at: string): FieldError[] {
  const isSet = (name: string, value: unknown) =>
    value !== undefined && value !== null && value !== "" &&
    (value !== false || name === "additionalProperties");
  const wrong = Object.entries(schema).some(([name, value]) =>
    isSet(name, value) && !Object.hasOwn(AT_ROOT, name)
  );
  if (!wrong) return [];
  const allowed = Object.values(AT_ROOT).join(" ");
  return [{
    ...invalidValue(at, "", ""),
    message: `Invalid value: ${
      JSON.stringify(schema)
    }: only [${allowed}] fields are allowed at the root of the schema if the status subresource is enabled`,
  }];
}

function columnErrors(
  { name, type, format, jsonPath }: {
    name: string;
    type: string;
    format?: string;
    jsonPath: string;
  },
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${at}.name`));
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (!type) errors.push(required(`${at}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) {
    errors.push(invalidValue(`${at}.type`, type, types));
  }
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(
      invalidValue(
        `${at}.format`,
        format,
        `must be one of ${COLUMN_FORMATS.join(",")}`,
      ),
    );
  }
  if (!jsonPath) errors.push(required(`${at}.JSONPath`));
  else errors.push(...pathErrors(`${at}.JSONPath`, jsonPath));
  return errors;
}

function pathErrors(field: string, path: string): FieldError[] {
  return path.startsWith(".") ? [] : [invalidValue(
    field,
    path,
    "must be a simple json path starting with .",
  )];
}

function scaleErrors(
  { subresources }: CrdVersion,
  path: string,
): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const at = (name: string) => `${path}.subresources.scale.${name}`;
  const errors: FieldError[] = [];
  for (const part of ["spec", "status"] as const) {
    const field = at(`${part}ReplicasPath`);
    const value = scale[`${part}ReplicasPath`];
    if (!value) {
      errors.push(required(field));
      continue;
    }
    const found = pathErrors(field, value);
    errors.push(...found);
    if (found.length === 0 && !value.startsWith(`.${part}.`)) {
      errors.push(
        invalidValue(field, value, `should be a json path under .${part}`),
      );
    }
  }
  const selector = scale.labelSelectorPath;
  if (!selector) return errors;
  const found = pathErrors(at("labelSelectorPath"), selector);
  errors.push(...found);
  if (found.length === 0 && !/^\.(spec|status)\./.test(selector)) {
    errors.push(
      invalidValue(
        at("labelSelectorPath"),
        selector,
        "should be a json path under either .spec or .status",
      ),
    );
  }
  return errors;
}

function selectableErrors(
  { selectableFields, schema }: CrdVersion,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  selectableFields?.forEach(({ jsonPath }, index) => {
    const at = `${field}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      return;
    }
    const wrong = (why: string) => errors.push(invalidValue(at, jsonPath, why));
    const found = fieldAt(schema?.openAPIV3Schema, jsonPath);
    if (!found) {
      wrong("is an invalid path: does not refer to a valid field");
      return;
    }
    if (/^\.metadata\b/.test(jsonPath)) {
      wrong("must not point to fields in metadata");
    }
    if (!["string", "boolean", "integer"].includes(found.type ?? "")) {
      wrong(
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
      );
    }
    if (seen.has(jsonPath)) {
      errors.push({
        reason: "FieldValueDuplicate",
        field: at,
        message: `Duplicate value: ${JSON.stringify(jsonPath)}`,
      });
    }
    seen.add(jsonPath);
  });
  if (seen.size > MAX_SELECTABLE_FIELDS) {
    errors.push(tooMany(field, seen.size, MAX_SELECTABLE_FIELDS));
  }
  return errors;
}

/** The schema of the field that a path such as `.spec.color` leads to. */
function fieldAt(schema: Schema | undefined, path: string): Schema | undefined {
  const parts = path.match(/\.[^.[\]]+|\['(?:\\.|[^'\\])*'\]/g) ?? [];
  if (parts.length === 0 || parts.join("") !== path) return undefined;
  let at = schema;
  for (const part of parts) {
    const name = part.startsWith(".") ? part.slice(1) : part.slice(2, -2);
    at = at?.properties?.[name];
  }
  return at;
}
