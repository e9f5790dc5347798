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

/**
 * What can be told of an encrypted object: which it is, where that is not
 * encrypted. Others can refer to it then, and a second one of its name shows.
 */
export function checkSealed(
  document: ParsedDocument,
  { file }: { file: string },
): Manifest | Problem[] {
  const { apiVersion, kind, metadata } = document.value as KubeObject;
  const name = metadata?.name;
  for (const part of [apiVersion, kind, name]) {
    if (typeof part !== "string" || isSopsValue(part)) return [];
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
