/**
 * Secret.
 *
 * @module
 */
import { base64Problem } from "../schema/base64_problem.ts";
import { encodeBase64 } from "./base64.ts";
import { badRequest } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import {
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from "../schema/field_error.ts";
import type {
  FieldError,
  KubeObject,
  ResourceDefinition,
  Strategy,
} from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";
import { decodedSize, keyErrors, MAX_DATA_BYTES } from "./keys.ts";

/** Type of the Secrets that hold a ServiceAccount's lasting token. */
export const TOKEN_SECRET = "kubernetes.io/service-account-token";
/** Annotation with the name of that ServiceAccount. */
export const ACCOUNT_NAME = "kubernetes.io/service-account.name";
/** Annotation with its uid. */
export const ACCOUNT_UID = "kubernetes.io/service-account.uid";

const IMMUTABLE = "field is immutable when `immutable` is set";

const strategy: Strategy = {
  prepareForCreate(secret) {
    secret.type ||= "Opaque";
    mergeStringData(secret);
  },
  prepareForUpdate(secret, old) {
    secret.type ||= old.type;
    mergeStringData(secret);
  },
  validate(secret, old) {
    return [
      ...dataErrors(secret),
      ...(old ? changeErrors(secret, old) : []),
      ...typeErrors(secret),
    ];
  },
  fields: (secret) => ({ type: secret.type ?? "" }),
};

/** `stringData` is for writing only: it ends in `data`, over what was there. */
function mergeStringData(secret: KubeObject): void {
  for (const value of Object.values<string>(secret.data ?? {})) {
    const at = typeof value === "string" ? base64Problem(value) : undefined;
    if (at === undefined) continue;
    throw badRequest(
      `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${at}`,
    );
  }
  if (secret.stringData) {
    secret.data ??= {};
    for (const [key, value] of Object.entries(secret.stringData)) {
      secret.data[key] = encodeBase64(String(value));
    }
  }
  delete secret.stringData;
  if (secret.data && Object.keys(secret.data).length === 0) delete secret.data;
}

function dataErrors(secret: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries<string>(secret.data ?? {})) {
    errors.push(...keyErrors("data", key));
    size += decodedSize(value);
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong("data", MAX_DATA_BYTES));
  return errors;
}

function changeErrors(secret: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (secret.type !== old.type) {
    errors.push(invalidValue("type", secret.type, "field is immutable"));
  }
  if (old.immutable) {
    if (!secret.immutable) errors.push(forbiddenField("immutable", IMMUTABLE));
    if (!deepEqual(secret.data ?? {}, old.data ?? {})) {
      errors.push(forbiddenField("data", IMMUTABLE));
    }
  }
  return errors;
}

function typeErrors(secret: KubeObject): FieldError[] {
  const data: Record<string, string> = secret.data ?? {};
  const lacking = (...keys: string[]) =>
    keys.filter((key) => data[key] === undefined)
      .map((key) => required(`data[${key}]`));
  switch (secret.type) {
    case TOKEN_SECRET:
      return secret.metadata.annotations?.[ACCOUNT_NAME]
        ? []
        : [required(`metadata.annotations[${ACCOUNT_NAME}]`)];
    case "kubernetes.io/dockercfg":
      return jsonErrors(data, ".dockercfg");
    case "kubernetes.io/dockerconfigjson":
      return jsonErrors(data, ".dockerconfigjson");
    case "kubernetes.io/basic-auth": {
      const errors = lacking("username", "password");
      return errors.length === 2 ? errors : [];
    }
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [required("data[ssh-privatekey]")];
    case "kubernetes.io/tls":
      return lacking("tls.crt", "tls.key");
    default:
      return [];
  }
}

function jsonErrors(data: Record<string, string>, key: string): FieldError[] {
  const field = `data[${key}]`;
  if (data[key] === undefined) return [required(field)];
  try {
    JSON.parse(atob(data[key]));
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    const [, found] = /^Unexpected token '(.)'/.exec(why) ?? [];
    // Never the parser's own words, which quote the Secret.
    const detail = found
      ? `invalid character '${found}' looking for beginning of value`
      : "unexpected end of JSON input";
    return [invalidValue(field, "<secret contents redacted>", detail)];
  }
}

/** The definition of Secret. */
export function secret(context: ColumnContext): ResourceDefinition {
  return define({
    group: "",
    resource: "secrets",
    kind: "Secret",
    schema: "io.k8s.api.core.v1.Secret",
    strategy,
    columns: [
      NAME,
      text("Type", (o) => o.type ?? "", {
        description:
          "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
      }),
      text("Data", (o) => Object.keys(o.data ?? {}).length, {
        description:
          "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
      }),
      age(context),
    ],
  });
}
