/**
 * Encrypted objects as they look to those who have no key.
 *
 * @module
 */
import type { KubeObject } from "../../../api/meta.ts";
import { findKind } from "../../../api/kinds.ts";
import type { Manifest } from "../manifest.ts";
import type { ParsedDocument } from "../parse_file.ts";
import type { Problem } from "../problem.ts";
import { isSopsValue } from "./sops_value.ts";

/** Whether an object is encrypted, and still is. */
export function isEncrypted(document: ParsedDocument): boolean {
  const { value, encrypted } = document;
  const sops = (value as { sops?: { mac?: unknown } } | null)?.sops;
  return !encrypted && typeof sops === "object" && sops !== null &&
    "mac" in sops;
}

/** That an object is encrypted, and nobody could decrypt it. */
export function sealedProblem(
  document: ParsedDocument,
  file: string,
): Problem {
  return {
    file,
    ...document.locate(["sops"], "key"),
    field: "sops",
    message: document.built
      ? "is encrypted with SOPS, and came through Kustomize, which cannot decrypt it; keep such files outside of the kustomization's folder"
      : "is encrypted with SOPS, and there is nothing to decrypt it with; name a Secret with the private keys in the Repository's spec.decryption.secretRef",
    reason: "DecryptionFailed",
  };
}

/**
 * What can be told of an encrypted object: which it is, where that is not
 * encrypted. Others can refer to it then, and a second one of its name shows.
 */
export function sealedManifest(
  document: ParsedDocument,
  file: string,
): Manifest | undefined {
  const { apiVersion, kind, metadata } = document.value as KubeObject;
  const name = metadata?.name;
  for (const part of [apiVersion, kind, name]) {
    if (typeof part !== "string" || isSopsValue(part)) return undefined;
  }
  return {
    object: { apiVersion, kind, metadata: { name } },
    resource: findKind(apiVersion, kind),
    file,
    ...document.locate([]),
    locate: document.locate,
    encrypted: true,
    sealed: true,
  };
}
