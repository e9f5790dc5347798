import { createHash } from "node:crypto";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  Scalar,
  type YAMLMap,
} from "yaml";
import { type ParsedFile, toDocuments } from "../parse_file.ts";
import { parseNodes } from "../parse_nodes.ts";
import { fieldName, type Problem } from "../problem.ts";
import { Sensitive } from "../sensitive.ts";
import { dataKey, type SopsMetadata } from "./data_key.ts";
import type { DecryptionKeys } from "./decryption_keys.ts";
import { decryptValue, isSopsValue } from "./sops_value.ts";

/** How the hash starts where it is of the encrypted values alone (sops.go, MACOnlyEncryptedInitialization). */
const ONLY_ENCRYPTED = Uint8Array.fromHex(
  "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69",
);

/** Whether a file was encrypted by SOPS: where it is only likely, it is read to tell. */
export function looksEncrypted(text: string): boolean {
  return /^["']?sops["']?[ \t]*:|"sops"\s*:/m.test(text) &&
    text.includes("ENC[");
}

/** A fault at a place in a file. */
class Fault extends Error {
  readonly path: PropertyKey[];
  readonly document: number;
  constructor(message: string, at: { path: PropertyKey[]; document: number }) {
    super(message);
    this.path = at.path;
    this.document = at.document;
  }
}

/**
 * Parses a file that SOPS encrypted, YAML or JSON, with its values decrypted,
 * in memory; where they stand is told as in any file. Nothing comes of a file
 * of which anything was changed after it was encrypted.
 *
 * The format is that of SOPS 3 (github.com/getsops/sops, `sops.go`): each value
 * by AES-256-GCM, bound to its path; a MAC over all values in order; the key
 * encrypted for each recipient. Keys of services (KMS, Vault) are not asked
 * for: a file that someone pushed should not make the hub call anywhere.
 *
 * @param keys Or why there are none.
 * @returns Nothing where it is not encrypted after all
 */
export async function decryptFile(
  file: { path: string; text: string },
  keys: DecryptionKeys | Error,
): Promise<ParsedFile | undefined> {
  const { documents, problems, position } = parseNodes(file);
  const first = documents.find((document) => metadataOf(document));
  if (!first) return undefined;
  if (problems.length) return { documents: [], problems };
  const refuse = (message: string, at?: Fault): ParsedFile => {
    const path = at?.path ?? ["sops"];
    const document = at ? documents[at.document]! : first;
    const problem: Problem = {
      file: file.path,
      ...locate(document, path),
      field: fieldName(path),
      message,
      reason: "DecryptionFailed",
    };
    return { documents: [], problems: [problem] };
  };
  const locate = (document: Document.Parsed, path: PropertyKey[]) => {
    const node = document.getIn(path, true) as { range?: [number] } | undefined;
    const key = isMap(document.contents)
      ? keyOf(document.contents, String(path[0]))
      : undefined;
    const at = path.length === 1 ? key : node;
    return position((at ?? document).range?.[0] ?? 0);
  };
  if (keys instanceof Error) {
    return refuse(`cannot be decrypted: ${keys.message}`);
  }
  try {
    const metadata = metadataOf(first)!;
    const key = await dataKey(metadata, keys);
    const mac = createHash("sha512");
    if (metadata.mac_only_encrypted) mac.update(ONLY_ENCRYPTED);
    const parsed = documents.map((document, index) => {
      const sensitive = new Sensitive();
      decryptDocument(document, {
        key,
        index,
        sensitive,
        hash: (bytes, encrypted) => {
          if (encrypted || !metadata.mac_only_encrypted) mac.update(bytes);
        },
      });
      return toDocuments(document, position, { sensitive, encrypted: true });
    });
    const expected = authenticate(metadata, key);
    if (mac.digest("hex").toUpperCase() !== expected.toUpperCase()) {
      return refuse(
        "found values that were added, removed or changed after it was encrypted: its MAC does not fit; encrypt it again by sops",
      );
    }
    return { documents: parsed.flat(), problems: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refuse(
      `cannot be decrypted: ${message}`,
      error instanceof Fault ? error : undefined,
    );
  }
}

/** The MAC as it was when the file was encrypted. */
function authenticate(metadata: SopsMetadata, key: Uint8Array): string {
  const { mac, lastmodified } = metadata;
  if (typeof mac !== "string" || typeof lastmodified !== "string") {
    throw new Error("sops.mac and sops.lastmodified are missing in it");
  }
  try {
    return String(decryptValue(mac, { key, about: lastmodified }).value);
  } catch {
    throw new Error("its sops.mac does not fit its sops.lastmodified");
  }
}

/** Puts the plain values in the place of the encrypted ones, and takes `sops` out. */
function decryptDocument(
  document: Document.Parsed,
  options: {
    key: Uint8Array;
    index: number;
    sensitive: Sensitive;
    hash: (bytes: Uint8Array, encrypted: boolean) => void;
  },
): void {
  const { key, index, sensitive, hash } = options;
  const { contents } = document;
  if (!isMap(contents)) return;
  contents.items = contents.items.filter((pair) =>
    !(isScalar(pair.key) && pair.key.value === "sops")
  ) as typeof contents.items;
  walk(contents, []);

  function walk(node: unknown, path: PropertyKey[]): void {
    if (isAlias(node)) {
      throw new Fault("an encrypted file cannot have anchors and aliases", {
        path,
        document: index,
      });
    }
    if (isMap(node)) {
      for (const pair of node.items as Pair[]) {
        const name = isScalar(pair.key) ? String(pair.key.value) : "";
        walk(pair.value, [...path, name]);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, i) => walk(item, [...path, i]));
    } else if (isScalar(node)) decryptScalar(node, path);
  }

  function decryptScalar(node: Scalar, path: PropertyKey[]): void {
    const { value } = node;
    if (value === null || value === undefined) return;
    if (typeof value !== "string" || !isSopsValue(value)) {
      return hash(new TextEncoder().encode(plainText(node)), false);
    }
    // The path without the places in lists, each name with a colon.
    const about = path.filter((part) => typeof part === "string")
      .map((part) => `${part as string}:`).join("");
    try {
      const plain = decryptValue(value, { key, about });
      hash(plain.bytes, true);
      node.value = plain.value;
      // No variable is a number by what was decrypted around it.
      node.type = Scalar.QUOTE_DOUBLE;
      if (!isName(path)) sensitive.add(path, plain.value);
    } catch (error) {
      throw new Fault((error as Error).message, { path, document: index });
    }
  }
}

/** What everybody sees of an object anyway. */
function isName(path: PropertyKey[]): boolean {
  const name = path.filter((part) => part !== "items" && isNaN(Number(part)))
    .join(".");
  return /^(apiVersion|kind|metadata\.(name|namespace))$/.test(name);
}

/** A value that was not encrypted, as SOPS hashes it (ToBytes in sops.go). */
function plainText(node: Scalar): string {
  const { value, source = "", type } = node;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return decimal(value);
  // A date without quotes is one to SOPS, and a text to us.
  const day = type === Scalar.PLAIN &&
    /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(source);
  if (day) {
    const [, year, month, date] = day;
    return `${year}-${month!.padStart(2, "0")}-${
      date!.padStart(2, "0")
    }T00:00:00Z`;
  }
  return String(value);
}

/** Without an exponent, as Go's strconv.FormatFloat(x, 'f', -1, 64). */
function decimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, first = "", rest = "", exponent] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function metadataOf(document: Document.Parsed): SopsMetadata | undefined {
  const { contents } = document;
  if (!isMap(contents)) return undefined;
  const sops = (contents as YAMLMap).get("sops");
  if (!isMap(sops) || !sops.has("mac")) return undefined;
  return sops.toJSON() as SopsMetadata;
}

function keyOf(map: YAMLMap, name: string) {
  const pair = map.items.find((item) =>
    isScalar(item.key) && item.key.value === name
  );
  return pair?.key as Scalar | undefined;
}
