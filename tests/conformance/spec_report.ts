/** What came of one spec. */
export interface SpecResult {
  name: string;
  status: "passed" | "failed";
  seconds: number;
  /** Why it failed. */
  failure?: string;
}

const CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(?:failure|error)\b([^>]*)>/;

/**
 * Reads what became of `specs` in a JUnit report of `e2e.test`, which also lists the thousands that were not asked
 * for. What the report does not say anything of has failed.
 */
export function readSpecReport(xml: string, specs: string[]): SpecResult[] {
  const found = new Map<string, SpecResult>();
  for (const [, attributes = "", content = ""] of xml.matchAll(CASE)) {
    const title = attribute(attributes, "name");
    const status = attribute(attributes, "status");
    if (!title.startsWith("[It] ") || status === "skipped") continue;
    // After the name come the labels.
    const name = specs.filter((spec) => title.startsWith(`[It] ${spec} [`))
      .sort((a, b) => b.length - a.length)[0];
    if (name === undefined) continue;
    const seconds = Number(attribute(attributes, "time"));
    const [, failure = ""] = FAILURE.exec(content) ?? [];
    found.set(
      name,
      status === "passed" ? { name, status, seconds } : {
        name,
        status: "failed",
        seconds,
        failure: attribute(failure, "message") || status,
      },
    );
  }
  return specs.map((name) =>
    found.get(name) ??
      { name, status: "failed", seconds: 0, failure: "it did not run" }
  );
}

function attribute(attributes: string, name: string): string {
  const [, value = ""] = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes) ??
    [];
  return value.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll(/&#(x?)([0-9a-fA-F]+);/g, character)
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}

function character(_: string, hex: string, digits: string): string {
  return String.fromCodePoint(parseInt(digits, hex ? 16 : 10));
}
