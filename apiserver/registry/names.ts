/**
 * Rules for names, labels and annotations, worded as Kubernetes words them.
 *
 * @module
 */
import { invalidValue } from "../schema/field_error.ts";
import type { FieldError, ResourceDefinition } from "../types.ts";

const SUBDOMAIN =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const MAX_ANNOTATIONS = 256 * 1024;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Problems of a name as an RFC 1123 subdomain. */
export function subdomainProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 253) problems.push("must be no more than 253 bytes");
  if (!SUBDOMAIN.test(name)) problems.push(SUBDOMAIN_TEXT);
  return problems;
}

/** Problems of a name as an RFC 1123 label. */
export function labelProblems(name: string): string[] {
  return [
    ...(name.length > 63 ? ["must be no more than 63 bytes"] : []),
    ...(LABEL.test(name)
      ? []
      : [SUBDOMAIN.test(name) ? "must not contain dots" : LABEL_TEXT]),
  ];
}

/** Problems of a name as a part of a path. */
export function pathProblems(name: string): string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((c) => name.includes(c))
    .map((c) => `may not contain '${c}'`);
}

/** What is wrong with `name` for objects of a resource. */
export function nameProblems(
  definition: ResourceDefinition,
  name: string,
): string[] {
  if (definition.group === "rbac.authorization.k8s.io") {
    return pathProblems(name);
  }
  if (definition.group === "") {
    if (definition.resource === "namespaces") return labelProblems(name);
    // Whatever recorders make up: the Java client's have capitals.
    if (definition.resource === "events") return pathProblems(name);
  }
  return subdomainProblems(name);
}

/** What is wrong with a qualified name: `app`, `example.com/app`. */
export function qualifiedNameProblems(text: string): string[] {
  const slash = text.indexOf("/");
  if (text.indexOf("/", slash + 1) > slash && slash >= 0) {
    return [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  }
  const prefix = slash < 0 ? undefined : text.slice(0, slash);
  const name = text.slice(slash + 1);
  const problems: string[] = [];
  if (prefix !== undefined) {
    if (prefix === "") problems.push("prefix part must be non-empty");
    else {
      problems.push(
        ...subdomainProblems(prefix).map((p) => `prefix part ${p}`),
      );
    }
  }
  if (name === "") problems.push("name part must be non-empty");
  else if (name.length > 63) {
    problems.push("name part must be no more than 63 bytes");
  }
  if (!QUALIFIED.test(name)) {
    problems.push(
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    );
  }
  return problems;
}

/** What is wrong with the value of a label. */
export function labelValueProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push("must be no more than 63 bytes");
  if (!LABEL_VALUE.test(value)) problems.push(LABEL_VALUE_TEXT);
  return problems;
}

/** Problems with `metadata.labels`, or with labels elsewhere. */
export function labelErrors(
  labels: Record<string, string>,
  field = "metadata.labels",
): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key]!;
    for (const why of qualifiedNameProblems(key)) {
      errors.push(invalidValue(field, key, why));
    }
    for (const why of labelValueProblems(value)) {
      errors.push(invalidValue(field, value, why));
    }
  }
  return errors;
}

/** Problems with `metadata.annotations`. */
export function annotationErrors(
  annotations: Record<string, string>,
): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    size += key.length + value.length;
    for (const why of qualifiedNameProblems(key.toLowerCase())) {
      errors.push(invalidValue("metadata.annotations", key, why));
    }
  }
  if (size > MAX_ANNOTATIONS) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "metadata.annotations",
      message: `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`,
    });
  }
  return errors;
}

/** Problems with `metadata.finalizers`. */
export function finalizerErrors(finalizers: string[]): FieldError[] {
  return finalizers.flatMap((name) =>
    qualifiedNameProblems(name).map((why) =>
      invalidValue("metadata.finalizers", name, why)
    )
  );
}
