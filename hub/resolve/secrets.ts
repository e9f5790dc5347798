/**
 * Keeps secret values out of Revisions.
 *
 * @module
 */
import { cloneJson } from "../../apiserver/schema/clone_json.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { SecretReference } from "../../api/revision.ts";
import { named } from "../../kube/named.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import { type Config, isConfig } from "./config.ts";
import { configField, fieldPath } from "./config_schema.ts";
import { type ConfigPlace, Problem } from "./problem.ts";
import { replaceAt, valueAt } from "./secret_fields.ts";

/** Key of the value in a Secret that the hub made of a value in a config. */
export const LIFTED_KEY = "value";
/** How the names of those Secrets begin. */
export const LIFTED_PREFIX = "faros-config-";

/** Keys of a Secret that a message names: a condition takes 32 KiB. */
const KEYS = 10;

/** Types of Secrets that are credentials of their own, and never a plugin's config. */
const CREDENTIALS = /^(kubernetes\.io\/service-account-token|faros\.sh\/.*)$/;

/** How secrets are read and referred to. */
export interface SecretReader {
  /** A Secret of the workspace. */
  get(name: string): SecretObject | undefined;
  /**
   * Stands for the values of a Secret that may be there and cannot be read from
   * here: they are taken for good. The hub reads all; a preview of a pull
   * request does not.
   * @default undefined for all
   */
  unread?(name: string): string | undefined;
  /** HMAC under a key of the hub, in hex. */
  hmac(value: unknown): Promise<string>;
}

/** A Secret to make of a value that stood in a config. */
export interface LiftedSecret {
  name: string;
  value: string;
  /** Object that the value was written in; the Secret goes when it goes. */
  owner: KubeObject;
}

/** A config and its secrets, apart. */
export interface Separated {
  /** Without the secrets. */
  config: Config;
  /** With the values of the secrets, to be validated. */
  complete: Config;
  references: SecretReference[];
  lifted: LiftedSecret[];
  /** JSON Pointers of those in `complete` whose value could not be read. */
  unread: string[];
}

/** Takes the secret `fields` (JSON Pointers) out of a config. @throws Problem */
export async function separateSecrets(
  merged: Config,
  options: {
    fields: string[];
    /** Object that a field was written in. */
    ownerOf(field: string): KubeObject;
    /** Where a field was written, for errors. */
    placeOf?(field: string): ConfigPlace;
    /** Whose config it is, for errors. */
    where: string;
    secrets: SecretReader;
  },
): Promise<Separated> {
  const { fields, ownerOf, placeOf, where, secrets } = options;
  // Most configs have no secret, and stay as they are.
  const [config, complete] = fields.length
    ? [cloneJson(merged), cloneJson(merged)]
    : [merged, merged];
  const references: SecretReference[] = [];
  const lifted: LiftedSecret[] = [];
  const unread: string[] = [];
  for (const path of fields) {
    const given = valueAt(merged, path);
    const named = secretKeyRef(given);
    let reference: { name: string; key: string };
    let value: string;
    if (named) {
      reference = named;
      const standIn = secrets.unread?.(named.name);
      if (standIn !== undefined) unread.push(path);
      value = standIn ??
        read(secrets, named, {
          where: `${configField(fieldPath(path))} of ${where}`,
          place: placeOf?.(path),
        });
      replaceAt(complete, path, value);
    } else if (typeof given === "string") {
      value = given;
      const owner = ownerOf(path);
      const hash = await secrets.hmac([
        "lifted",
        owner.metadata.uid ?? owner.metadata.name,
        path,
        value,
      ]);
      reference = {
        name: `${LIFTED_PREFIX}${hash.slice(0, 20)}`,
        key: LIFTED_KEY,
      };
      lifted.push({ name: reference.name, value, owner });
    } else {
      throw new Problem(
        "ConfigInvalid",
        `${
          configField(fieldPath(path))
        } of ${where} is a secret: it has to be a string, or {secretKeyRef: {name, key}}`,
        { place: placeOf?.(path) },
      );
    }
    replaceAt(config, path, undefined);
    const hmac = await secrets.hmac(["reference", reference, value]);
    references.push({ path, ...reference, hmac });
  }
  return { config, complete, references, lifted, unread };
}

function secretKeyRef(
  value: unknown,
): { name: string; key: string } | undefined {
  if (!isConfig(value) || !isConfig(value.secretKeyRef)) return undefined;
  const { name, key } = value.secretKeyRef;
  return typeof name === "string" && typeof key === "string"
    ? { name, key }
    : undefined;
}

function read(
  secrets: SecretReader,
  { name, key }: { name: string; key: string },
  { where, place }: { where: string; place: ConfigPlace | undefined },
): string {
  const problem = (reason: string, message: string) =>
    new Problem(reason, `${where} ${message}`, { place });
  const secret = secrets.get(name);
  if (!secret) {
    throw problem(
      "SecretNotFound",
      `refers to Secret ${name}, which is not in the workspace`,
    );
  }
  if (CREDENTIALS.test(secret.type ?? "")) {
    throw problem(
      "SecretNotAllowed",
      `refers to Secret ${name}, which is a credential of type ${secret.type}; put the value into a Secret of its own`,
    );
  }
  const data = secret.data?.[key];
  if (data === undefined) {
    throw problem(
      "SecretNotFound",
      `refers to key ${key} of Secret ${name}, which has ${
        named(Object.keys(secret.data ?? {}), { most: KEYS }) || "no keys"
      }`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.fromBase64(data),
    );
  } catch {
    throw problem(
      "ConfigInvalid",
      `refers to key ${key} of Secret ${name}, whose value is not text`,
    );
  }
}
