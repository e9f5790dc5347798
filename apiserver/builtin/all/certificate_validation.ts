/**
 * Rules for CertificateSigningRequests (kubernetes
 * `pkg/apis/certificates/validation`).
 *
 * @module
 */
import { deepEqual } from "../../schema/deep_equal.ts";
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from "../../schema/field_error.ts";
import { qualifiedNameProblems } from "../../registry/names.ts";
import type { FieldError, KubeObject } from "../../types.ts";

/** An entry of `status.conditions`. */
export interface Condition {
  type: string;
  status: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
}

const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const FINAL = ["Approved", "Denied", "Failed"];
const MIN_SECONDS = 600;

/** Problems with a request, and with its change where `old` is given. */
export function certificateErrors(
  request: KubeObject,
  old?: KubeObject,
): FieldError[] {
  const errors = [
    ...(old ? [] : specErrors(request.spec ?? {})),
    ...conditionErrors(request.status?.conditions ?? []),
  ];
  return old ? [...errors, ...updateErrors(request, old)] : errors;
}

function specErrors(spec: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const usages: string[] = spec.usages ?? [];
  if (usages.length === 0) errors.push(required("spec.usages"));
  usages.forEach((usage, index) => {
    const field = `spec.usages[${index}]`;
    if (!USAGES.includes(usage)) {
      errors.push(notSupported(field, usage, USAGES));
    }
    if (usages.indexOf(usage) < index) errors.push(duplicate(field, usage));
  });
  errors.push(...signerErrors(spec.signerName ?? ""));
  const { expirationSeconds } = spec;
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS) {
    errors.push(
      invalidValue(
        "spec.expirationSeconds",
        expirationSeconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    );
  }
  return errors;
}

function signerErrors(name: string): FieldError[] {
  const field = "spec.signerName";
  if (!name) return [required(field)];
  if (name === "kubernetes.io/legacy-unknown") {
    return [
      invalidValue(
        field,
        name,
        "the legacy signerName is not allowed via this API version",
      ),
    ];
  }
  if (!name.includes("/")) {
    return [
      invalidValue(
        field,
        name,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    ];
  }
  return qualifiedNameProblems(name).map((why) =>
    invalidValue(field, name, why)
  );
}

function conditionErrors(conditions: Condition[]): FieldError[] {
  const field = "status.conditions";
  const errors: FieldError[] = [];
  const types = conditions.map(({ type }) => type);
  conditions.forEach(({ type, status }, index) => {
    const at = `${field}[${index}]`;
    if (!type) errors.push(required(`${at}.type`));
    const allowed = FINAL.includes(type)
      ? ["True"]
      : ["False", "True", "Unknown"];
    if (!status) errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) {
      errors.push(notSupported(`${at}.status`, status, allowed));
    }
    if (types.indexOf(type) < index) {
      errors.push(duplicate(`${at}.type`, type));
    }
  });
  if (types.includes("Approved") && types.includes("Denied")) {
    errors.push(
      invalidValue(
        field,
        types.indexOf("Approved") > types.indexOf("Denied")
          ? "Approved"
          : "Denied",
        "Approved and Denied conditions are mutually exclusive",
      ),
    );
  }
  return errors;
}

function updateErrors(request: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const of = (object: KubeObject, type: string) =>
    (object.status?.conditions ?? []).filter((c: Condition) => c.type === type);
  for (const type of FINAL) {
    if (of(request, type).length < of(old, type).length) {
      errors.push(
        forbiddenField(
          "status.conditions",
          `updates may not remove a condition of type "${type}"`,
        ),
      );
    }
  }
  const was = old.status?.certificate;
  if (was && !deepEqual(was, request.status?.certificate)) {
    errors.push(
      forbiddenField(
        "status.certificate",
        "updates may not modify existing certificate content",
      ),
    );
  }
  return errors;
}

/** What is wrong with a base64 PEM of a PKCS#10 request; its signature is checked. */
export async function requestProblem(
  request: unknown,
): Promise<string | undefined> {
  const pem = decodeBase64(request);
  if (!pem.includes("-----BEGIN CERTIFICATE REQUEST-----")) {
    return "PEM block type must be CERTIFICATE REQUEST";
  }
  await import("reflect-metadata");
  const { Pkcs10CertificateRequest } = await import("@peculiar/x509");
  try {
    const parsed = new Pkcs10CertificateRequest(pem);
    return await parsed.verify() ? undefined : "the signature is not valid";
  } catch (error) {
    return (error as Error).message;
  }
}

function decodeBase64(text: unknown): string {
  try {
    return atob(typeof text === "string" ? text : "");
  } catch {
    return "";
  }
}
