import { invalid } from "../errors.ts";
import { invalidValue, notSupported, tooLong } from "../schema/field_error.ts";
import type { User, WriteOptions } from "../types.ts";

const VALIDATIONS = ["Ignore", "Strict", "Warn"];
/** What Go does not print as it is. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** The default field manager: the first part of the User-Agent, as kube-apiserver takes it. */
function managerOf(userAgent: string | null): string {
  if (!userAgent) return "unknown";
  const [name = ""] = userAgent.split("/", 1);
  // deno-lint-ignore no-control-regex
  return name.replaceAll(/[\0-\x1f]/g, "").slice(0, 128) || "unknown";
}

/**
 * Reads what every write takes from its query: dryRun, fieldManager, fieldValidation.
 *
 * @throws 422 where a value is not known.
 */
export function writeOptions(
  query: URLSearchParams,
  request: {
    user: User;
    userAgent: string | null;
    /** `CreateOptions`, `PatchOptions` …: what errors name. */
    optionsKind: string;
    warn?: (text: string) => void;
  },
): WriteOptions {
  const dryRun = query.getAll("dryRun").filter((v) => v !== "");
  const unknown = dryRun.find((value) => value !== "All");
  if (unknown !== undefined) {
    throw invalid({ group: "meta.k8s.io", kind: request.optionsKind }, "", [{
      reason: "FieldValueNotSupported",
      field: "dryRun",
      message: `Unsupported value: ["${unknown}"]: supported values: "All"`,
    }]);
  }
  const fieldValidation = query.get("fieldValidation") || undefined;
  if (fieldValidation && !VALIDATIONS.includes(fieldValidation)) {
    const known = ["", ...VALIDATIONS];
    throw invalid({ group: "meta.k8s.io", kind: request.optionsKind }, "", [
      notSupported("fieldValidation", fieldValidation, known),
    ]);
  }
  const fieldManager = query.get("fieldManager");
  if (fieldManager && fieldManager.length > 128) {
    throw invalid({ group: "meta.k8s.io", kind: request.optionsKind }, "", [
      tooLong("fieldManager", 128),
    ]);
  }
  if (fieldManager && UNPRINTABLE.test(fieldManager)) {
    const characters = [...fieldManager];
    const at = characters.findIndex((c) => UNPRINTABLE.test(c));
    const found = characters[at]!.codePointAt(0)!;
    const code = found.toString(16).toUpperCase().padStart(4, "0");
    throw invalid({ group: "meta.k8s.io", kind: request.optionsKind }, "", [
      invalidValue(
        "fieldManager",
        fieldManager,
        `invalid character U+${code} (at position ${at})`,
      ),
    ]);
  }
  return {
    user: request.user,
    fieldManager: fieldManager || managerOf(request.userAgent),
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as WriteOptions["fieldValidation"],
    warn: request.warn,
  };
}
