import { badRequest, invalid } from "../errors.ts";
import { tooLong } from "../schema/field_error.ts";
import type { User, WriteOptions } from "../types.ts";

const VALIDATIONS = ["Strict", "Warn", "Ignore"];

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
 * @throws 400 or 422 where a value is not known.
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
    throw badRequest(
      `fieldValidation: Unsupported value: "${fieldValidation}": supported values: "", "Ignore", "Strict", "Warn"`,
    );
  }
  const fieldManager = query.get("fieldManager");
  if (fieldManager && fieldManager.length > 128) {
    throw invalid({ group: "meta.k8s.io", kind: request.optionsKind }, "", [
      tooLong("fieldManager", 128),
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
