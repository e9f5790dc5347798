import { basename } from "node:path";
import { parseDocument } from "yaml";
import type { ManifestInputs } from "../../gitops/manifest/load_manifests.ts";
import { readDecryptionKeys } from "../../gitops/manifest/sops/decryption_keys.ts";
import {
  makeVariables,
  type VariableSource,
} from "../../gitops/manifest/variables.ts";

/**
 * Keys and variables as a Repository would bring them, from files.
 *
 * @throws where a file cannot be read or used; never with a key in the message
 */
export async function readManifestInputs(
  files: { keys: string[]; variables: string[] },
): Promise<ManifestInputs> {
  const inputs: ManifestInputs = { sealed: true };
  if (files.keys.length) {
    const keys: Record<string, string> = {};
    for (const path of files.keys) {
      const text = await read(path, "the key");
      // sops itself looks for a file keys.txt.
      const suffix = /\.(agekey|asc)$/.test(path)
        ? ""
        : text.includes("BEGIN PGP")
        ? ".asc"
        : ".agekey";
      keys[`${basename(path)}${suffix}`] = text;
    }
    try {
      inputs.keys = await readDecryptionKeys(keys, {
        from: "--decryption-key",
      });
    } catch (error) {
      throw new Error(`Cannot use the key: ${(error as Error).message}`);
    }
  }
  if (files.variables.length) {
    const sources: VariableSource[] = [];
    for (const path of files.variables) sources.push(await readSource(path));
    inputs.variables = await makeVariables(sources);
  }
  return inputs;
}

/** A map of values, or a ConfigMap or Secret that has them. */
async function readSource(path: string): Promise<VariableSource> {
  const document = parseDocument(await read(path, "the variables"));
  const fail = (message: string) =>
    new Error(`Cannot read the variables in ${path}: ${message}`);
  if (document.errors[0]) throw fail(document.errors[0].message);
  const content: unknown = document.toJS();
  if (!isMap(content)) {
    throw fail("expected names and values, or a ConfigMap or Secret");
  }
  const { kind, data, stringData } = content;
  if (kind === "ConfigMap") return { from: path, values: texts(data) };
  if (kind === "Secret") {
    const decoded = Object.entries(texts(data)).map(([key, value]) => [
      key,
      new TextDecoder().decode(Uint8Array.fromBase64(value)),
    ]);
    return {
      from: path,
      secret: true,
      values: { ...Object.fromEntries(decoded), ...texts(stringData) },
    };
  }
  return { from: path, values: texts(content) };

  function texts(map: unknown): Record<string, string> {
    if (map === undefined || map === null) return {};
    if (!isMap(map)) throw fail("found no map");
    const entries = Object.entries(map).map(([name, value]) => {
      if (typeof value === "object") {
        throw fail(`${name} is no text, number, true or false`);
      }
      return [name, String(value)];
    });
    return Object.fromEntries(entries);
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new Error(`Cannot read ${what} in ${path}: ${reason}`);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
