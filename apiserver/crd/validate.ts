import { labelProblems, subdomainProblems } from "../registry/names.ts";
import { invalidValue, notSupported, required } from "../schema/field_error.ts";
import { deepEqual, validateStructural } from "../schema/mod.ts";
import type { FieldError, KubeObject } from "../types.ts";
import { conditionOf, type Crd, type CrdVersion, type Names } from "./types.ts";

const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const SIMPLE_PATH = /^(\.[a-zA-Z_][-a-zA-Z0-9_]*|\.?\['[^']+'\])+$/;

function label1035(field: string, value: string): FieldError[] {
  return value.length <= 63 && LABEL_1035.test(value)
    ? []
    : [invalidValue(field, value, LABEL_1035_TEXT)];
}

/** What is wrong with a definition, and with its change where `before` is given. */
export function validateCrd(
  object: KubeObject,
  before?: KubeObject,
): FieldError[] {
  const { spec, metadata, status } = object as Crd;
  const errors: FieldError[] = [];
  const wanted = `${spec.names.plural}.${spec.group}`;
  if (metadata.name !== wanted) {
    errors.push(invalidValue(
      "metadata.name",
      metadata.name,
      `must be spec.names.plural+"."+spec.group`,
    ));
  }
  for (const why of subdomainProblems(spec.group)) {
    errors.push(invalidValue("spec.group", spec.group, why));
  }
  if (!spec.group.includes(".")) {
    errors.push(invalidValue(
      "spec.group",
      spec.group,
      "should be a domain with at least one dot",
    ));
  }
  errors.push(...protectedGroup(object as Crd));
  if (spec.scope !== "Cluster" && spec.scope !== "Namespaced") {
    errors.push(
      notSupported("spec.scope", spec.scope, ["Cluster", "Namespaced"]),
    );
  }
  errors.push(...nameErrors(spec.names));
  errors.push(
    ...withoutKnownRules(versionErrors(object as Crd), before as Crd),
  );
  if (spec.preserveUnknownFields) {
    errors.push(invalidValue(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ));
  }
  const strategy = spec.conversion?.strategy;
  if (strategy && strategy !== "None") {
    errors.push(notSupported("spec.conversion.strategy", strategy, ["None"]));
  }
  if (before) {
    errors.push(...changeErrors(object as Crd, before as Crd));
    for (const [index, name] of (status?.storedVersions ?? []).entries()) {
      if (spec.versions.some((version) => version.name === name)) continue;
      errors.push(invalidValue(
        `status.storedVersions[${index}]`,
        name,
        "missing from spec.versions; " +
          `${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ));
    }
  }
  return errors;
}

/** Groups of the Kubernetes project take definitions only with a mark of approval. */
function protectedGroup({ spec: { group }, metadata }: Crd): FieldError[] {
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(group);
  if (!isProtected) return [];
  const approval = metadata.annotations?.["api-approved.kubernetes.io"];
  if (approval && /^(https?:\/\/|unapproved)/.test(approval)) return [];
  return [
    required(
      "metadata.annotations[api-approved.kubernetes.io]",
      `protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111`,
    ),
  ];
}

/** Rules that were taken once stay, though they would be refused today: otherwise nothing else could be changed. */
function withoutKnownRules(errors: FieldError[], before?: Crd): FieldError[] {
  const ofRules = ({ field, message }: FieldError) =>
    field.includes("x-kubernetes-validations") ||
    message.includes("exceeds budget");
  if (!before || !errors.some(ofRules)) return errors;
  const textOf = ({ field, message }: FieldError) => `${field}: ${message}`;
  const known = new Set(versionErrors(before).map(textOf));
  return errors.filter((e) => !ofRules(e) || !known.has(textOf(e)));
}

function nameErrors(names: Names): FieldError[] {
  const errors = [
    ...label1035("spec.names.plural", names.plural),
    ...names.singular ? label1035("spec.names.singular", names.singular) : [],
    ...label1035("spec.names.kind", names.kind.toLowerCase()),
    ...names.listKind
      ? label1035("spec.names.listKind", names.listKind.toLowerCase())
      : [],
  ];
  for (const list of ["shortNames", "categories"] as const) {
    names[list]?.forEach((name, index) =>
      errors.push(...label1035(`spec.names.${list}[${index}]`, name))
    );
  }
  if (names.kind === names.listKind) {
    errors.push(invalidValue(
      "spec.names.listKind",
      names.listKind,
      "kind and listKind may not be the same",
    ));
  }
  return errors;
}

function versionErrors({ spec: { versions } }: Crd): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    if (names.has(version.name)) {
      errors.push(
        invalidValue(path, version.name, "must contain unique version names"),
      );
    }
    names.add(version.name);
    for (const why of labelProblems(version.name)) {
      errors.push(invalidValue(`${path}.name`, version.name, why));
    }
    errors.push(...oneVersionErrors(version, path));
  });
  errors.push(...schemaErrors(versions));
  const stored = versions.filter((version) => version.storage).length;
  if (stored !== 1) {
    errors.push(invalidValue(
      "spec.versions",
      versions.map((version) => version.name),
      "must have exactly one version marked as storage version",
    ));
  }
  return errors;
}

/** A schema that all versions share is reported once, at the place that it has inside of kube-apiserver. */
function schemaErrors(versions: CrdVersion[]): FieldError[] {
  const schemas = versions.map((version) => version.schema?.openAPIV3Schema);
  const [first] = schemas;
  if (first && schemas.every((schema) => deepEqual(schema, first))) {
    return validateStructural(first, "spec.validation.openAPIV3Schema");
  }
  return schemas.flatMap((schema, index) => {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    return schema
      ? validateStructural(schema, path)
      : [required(path, "schemas are required")];
  });
}

function oneVersionErrors(version: CrdVersion, path: string): FieldError[] {
  const errors: FieldError[] = [];
  version.additionalPrinterColumns?.forEach((column, index) => {
    const at = `${path}.additionalPrinterColumns[${index}]`;
    if (!column.name) errors.push(required(`${at}.name`));
    if (!column.type) {
      errors.push(
        required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(",")}`),
      );
    } else if (!COLUMN_TYPES.includes(column.type)) {
      errors.push(invalidValue(
        `${at}.type`,
        column.type,
        `must be one of ${COLUMN_TYPES.join(",")}`,
      ));
    }
    if (!column.jsonPath) errors.push(required(`${at}.jsonPath`));
  });
  const scale = version.subresources?.scale;
  if (scale) {
    const paths: [string, string, string | undefined][] = [
      ["specReplicasPath", ".spec.", scale.specReplicasPath],
      ["statusReplicasPath", ".status.", scale.statusReplicasPath],
    ];
    for (const [name, prefix, value] of paths) {
      const at = `${path}.subresources.scale.${name}`;
      if (!value) errors.push(required(at));
      else if (!SIMPLE_PATH.test(value)) {
        errors.push(
          invalidValue(at, value, "should be a simple json path"),
        );
      } else if (!value.startsWith(prefix)) {
        errors.push(invalidValue(
          at,
          value,
          `should be a json path under ${prefix.slice(0, -1)}`,
        ));
      }
    }
  }
  version.selectableFields?.forEach(({ jsonPath }, index) => {
    if (SIMPLE_PATH.test(jsonPath)) return;
    errors.push(invalidValue(
      `${path}.selectableFields[${index}].jsonPath`,
      jsonPath,
      "is an invalid path: must be a simple json path",
    ));
  });
  return errors;
}

/** What can't change once the names are in use. */
function changeErrors({ spec }: Crd, before: Crd): FieldError[] {
  const errors: FieldError[] = [];
  const same = (field: string, now: string, was: string) => {
    if (now !== was) {
      errors.push(invalidValue(field, now, "field is immutable"));
    }
  };
  same("spec.group", spec.group, before.spec.group);
  same("spec.names.plural", spec.names.plural, before.spec.names.plural);
  if (conditionOf(before, "Established")?.status === "True") {
    same("spec.scope", spec.scope, before.spec.scope);
    same("spec.names.kind", spec.names.kind, before.spec.names.kind);
  }
  return errors;
}
