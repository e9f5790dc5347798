import { subdomainProblems } from "../registry/names.ts";
import {
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from "../schema/field_error.ts";
import type { FieldError, KubeObject } from "../types.ts";
import { conditionOf, type Crd, type Names } from "./types.ts";
import { label1035, versionErrors } from "./validate_versions.ts";

/**
 * What is wrong with a definition, and with its change where `before` is given: in the order and the words of
 * apiextensions-apiserver's `ValidateCustomResourceDefinition`.
 */
export function validateCrd(
  object: KubeObject,
  before?: KubeObject,
): FieldError[] {
  const { metadata, status } = object as Crd;
  const { spec = {} as Crd["spec"] } = object as Crd;
  const errors: FieldError[] = [];
  const wanted = `${spec.names?.plural ?? ""}.${spec.group ?? ""}`;
  if (!before && metadata.name !== wanted) {
    errors.push(invalidValue(
      "metadata.name",
      metadata.name,
      `must be spec.names.plural+"."+spec.group`,
    ));
  }
  errors.push(
    ...groupErrors(spec.group),
    ...enumErrors("spec.scope", spec.scope, ["Cluster", "Namespaced"]),
    ...withoutKnownRules(versionErrors(spec, nameErrors), before as Crd),
    ...conversionErrors(spec.conversion),
  );
  if (before) errors.push(...changeErrors(spec, before as Crd));
  errors.push(...storedErrors(status?.storedVersions ?? [], spec));
  errors.push(...protectedGroup(object as Crd));
  if (spec.preserveUnknownFields) {
    errors.push(invalidValue(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ));
  }
  return errors;
}

function groupErrors(group: string | undefined): FieldError[] {
  if (!group) return [required("spec.group")];
  const problems = subdomainProblems(group);
  if (problems.length > 0) {
    return [invalidValue("spec.group", group, problems.join(","))];
  }
  return group.includes(".") ? [] : [invalidValue(
    "spec.group",
    group,
    "should be a domain with at least one dot",
  )];
}

function enumErrors(
  field: string,
  value: string | undefined,
  accepted: string[],
): FieldError[] {
  if (!value) return [required(field)];
  return accepted.includes(value) ? [] : [notSupported(field, value, accepted)];
}

function conversionErrors(
  conversion: Crd["spec"]["conversion"],
): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const field = "spec.conversion";
  const errors = enumErrors(`${field}.strategy`, strategy, ["None", "Webhook"]);
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy === "Webhook") {
    if (!webhook?.clientConfig) {
      errors.push(required(
        `${field}.webhookClientConfig`,
        "required when strategy is set to Webhook",
      ));
    }
    if (versions.length === 0) {
      errors.push(required(`${field}.conversionReviewVersions`));
    }
    if (errors.length === 0) {
      // Nothing here calls webhooks, and objects must not wait for one.
      errors.push(
        notSupported(`${field}.strategy`, strategy, ["None"]),
      );
    }
    return errors;
  }
  const why = "should not be set when strategy is not set to Webhook";
  if (webhook?.clientConfig) {
    errors.push(forbiddenField(`${field}.webhookClientConfig`, why));
  }
  if (versions.length > 0) {
    errors.push(forbiddenField(`${field}.conversionReviewVersions`, why));
  }
  return errors;
}

function storedErrors(
  stored: string[],
  { versions = [] }: Crd["spec"],
): FieldError[] {
  const field = "status.storedVersions";
  if (stored.length === 0) {
    return [invalidValue(field, null, "must have at least one stored version")];
  }
  const errors: FieldError[] = [];
  // A name that stands twice in the versions is found only once.
  const left = new Set(stored);
  for (const { name, storage } of versions) {
    if (left.delete(name) || !storage) continue;
    errors.push(
      invalidValue(field, stored, `must have the storage version ${name}`),
    );
  }
  for (const [index, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue;
    errors.push(invalidValue(
      `${field}[${index}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    ));
  }
  return errors;
}

/** Groups of the Kubernetes project take definitions only with a mark of approval. */
function protectedGroup({ spec, metadata }: Crd): FieldError[] {
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? "");
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
  const known = new Set(versionErrors(before.spec, nameErrors).map(textOf));
  return errors.filter((e) => !ofRules(e) || !known.has(textOf(e)));
}

function nameErrors(names: Partial<Names>): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ["plural", "singular", "kind", "listKind"] as const) {
    if (!names[key]) errors.push(required(`spec.names.${key}`));
  }
  for (const key of ["plural", "singular"] as const) {
    const name = names[key];
    if (name) errors.push(...label1035(`spec.names.${key}`, name));
  }
  for (const key of ["kind", "listKind"] as const) {
    const name = names[key];
    if (!name) continue;
    const prefix = "may have mixed case, but should otherwise match: ";
    errors.push(
      ...label1035(`spec.names.${key}`, name, { lowerCase: true, prefix }),
    );
  }
  names.shortNames?.forEach((name, index) =>
    errors.push(...label1035(`spec.names.shortNames[${index}]`, name))
  );
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidValue(
      "spec.names.listKind",
      names.listKind,
      "kind and listKind may not be the same",
    ));
  }
  names.categories?.forEach((name, index) =>
    errors.push(...label1035(`spec.names.categories[${index}]`, name))
  );
  return errors;
}

/** What can't change once the names are in use. */
function changeErrors(spec: Crd["spec"], before: Crd): FieldError[] {
  const errors: FieldError[] = [];
  const same = (
    field: string,
    now: string | undefined,
    was: string | undefined,
  ) => {
    if (now !== was) {
      errors.push(invalidValue(field, now ?? "", "field is immutable"));
    }
  };
  if (conditionOf(before, "Established")?.status === "True") {
    same("spec.scope", spec.scope, before.spec.scope);
    same("spec.names.kind", spec.names?.kind, before.spec.names.kind);
  }
  same("spec.group", spec.group, before.spec.group);
  same("spec.names.plural", spec.names?.plural, before.spec.names.plural);
  return errors;
}
