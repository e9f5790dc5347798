import type { RawAnswer } from "./raw_client.ts";
import type { FuzzRequest } from "./request.ts";

/** Codes of 5xx that are answers, not failures: shutting down, not yet, and no space. */
const DELIBERATE = new Set([503, 504, 507]);
/** What the HTTP library itself refuses before there is a request: malformed, too long, too large. */
const WIRE_REFUSALS = new Set([400, 414, 431, 501]);
const HEALTH = /^\/(livez|readyz|healthz)/;
const decoder = new TextDecoder();

/** What is wrong with an answer; undefined where it is as it should be. */
export function judge(
  request: FuzzRequest,
  answer: RawAnswer,
): string | undefined {
  const { status, headers, body } = answer;
  if (status >= 500 && !DELIBERATE.has(status)) {
    return `${status}: ${decoder.decode(body).slice(0, 500)}`;
  }
  if (request.method === "HEAD") return;
  const type = headers.get("content-type")?.trim() ?? "";
  const text = decoder.decode(body);
  if (status < 400) {
    if (type !== "application/json" || answer.left || body.length === 0) return;
    return parseable(text)
      ? undefined
      : `${status} with a body that is no JSON`;
  }
  if (WIRE_REFUSALS.has(status) && body.length === 0) return;
  if (HEALTH.test(request.path)) return;
  // As kube-apiserver answers where it serves nothing.
  if (status === 404 && text === "404 page not found\n") return;
  if (type !== "application/json") return `${status} as ${type || "nothing"}`;
  if (!parseable(text)) return `${status} with a body that is no JSON`;
  return statusProblem(JSON.parse(text), status);
}

function parseable(text: string): boolean {
  // A watch that ended is one value a line.
  const parses = (part: string) => {
    try {
      JSON.parse(part);
      return true;
    } catch {
      return false;
    }
  };
  return parses(text) || text.trimEnd().split("\n").every(parses);
}

function statusProblem(value: unknown, code: number): string | undefined {
  const status = value as Record<string, unknown>;
  const right = status?.kind === "Status" && status.apiVersion === "v1" &&
    status.status === "Failure" && status.code === code &&
    typeof status.message === "string" && status.message !== "" &&
    (status.reason === undefined || typeof status.reason === "string");
  return right
    ? undefined
    : `${code} is no proper Status: ${JSON.stringify(value).slice(0, 300)}`;
}
