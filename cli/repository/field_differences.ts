import type { KubeObject } from "../../api/meta.ts";
import { parseField } from "../../gitops/apply/api_problem.ts";
import { HIDDEN, type Sensitive } from "../../gitops/manifest/sensitive.ts";
import { Hidden } from "../../hub/preview/hidden.ts";
import type { Redactor } from "../../hub/preview/redactor.ts";

/** A field that is another. */
export interface FieldDifference {
  field: string;
  /** JSON, cut where long; undefined where it is not there. */
  live?: string;
  desired?: string;
  /** Why, where it is no difference of values. */
  reason?: string;
}

/** Characters of a value that are shown. */
const LONG = 120;
/** Fields whose values are not for anybody's eyes, by the words in their names. */
const SECRET = /key|secret|password|passphrase|token|credential|psk|pin$/i;
/** Names that have such a word, and are none. */
const PUBLIC = /public|keyring$|Ref$|secretName$/i;

/**
 * Values of the fields that a plan tells to differ. Not shown are those of
 * Secrets, decrypted ones, what schemas of plugins call secret, configs without
 * a schema, and whatever has a name as secrets have.
 */
export function fieldDifferences(
  reasons: readonly string[],
  { live, desired, sensitive, redactor }: {
    live: KubeObject;
    desired: KubeObject;
    sensitive?: Sensitive | undefined;
    redactor: Redactor;
  },
): FieldDifference[] {
  const [shownLive, shownDesired] = [live, desired].map((object) =>
    object && redactor.object(object)
  );
  return reasons.map((reason): FieldDifference => {
    const [, field] =
      /^(.+) (?:differs|is not in the manifest)$/.exec(reason) ?? [];
    if (field === undefined) return { field: "", reason };
    const path = parseField(field);
    const hidden = isSecret(path, desired) || sensitive?.covers(path);
    const show = (object: unknown) => {
      const value = valueAt(object, path);
      if (value === undefined) return undefined;
      return hidden || value instanceof Hidden || holdsSecret(value)
        ? HIDDEN
        : cut(JSON.stringify(value));
    };
    const [before, after] = [show(shownLive), show(shownDesired)];
    return {
      field,
      ...(before === undefined ? {} : { live: before }),
      ...(after === undefined ? {} : { desired: after }),
    };
  });
}

function isSecret(path: (string | number)[], object: KubeObject): boolean {
  if (object.kind === "Secret" && path[0] !== "metadata") return true;
  return path.some((part) =>
    typeof part === "string" && SECRET.test(part) && !PUBLIC.test(part)
  );
}

/** Whether a value has such a field below it. A text may be a whole config. */
function holdsSecret(value: unknown): boolean {
  if (typeof value === "string") {
    return /(key|password|token)["']?\s*:/i.test(value);
  }
  if (value instanceof Hidden) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, below]) =>
    (SECRET.test(key) && !PUBLIC.test(key)) || holdsSecret(below)
  );
}

function valueAt(object: unknown, path: (string | number)[]): unknown {
  return path.reduce(
    (value: unknown, part) =>
      // What is below something hidden is, too.
      value instanceof Hidden
        ? value
        : (value as Record<string | number, unknown> | undefined)?.[part],
    object,
  );
}

function cut(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
