import type { PathAnswer } from "./handler.ts";
import { respondText } from "./respond.ts";

/** A check by its name; throws, or says false, where something is wrong. */
export type Checks = Record<string, () => boolean>;

/** Answers `/livez`, `/readyz` and `/healthz`, with `?verbose` and one path a check. */
export function healthPaths(
  checks: { live: Checks; ready: Checks },
): PathAnswer {
  const all = { ...checks.live, ...checks.ready };
  const endpoints: Record<string, Checks> = {
    livez: checks.live,
    readyz: all,
    healthz: all,
  };
  return (path, request) => {
    const [endpoint = "", name, ...rest] = path.slice(1).split("/");
    const checks = Object.hasOwn(endpoints, endpoint)
      ? endpoints[endpoint]
      : undefined;
    if (!checks || rest.length > 0) return;
    if (name !== undefined) {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      if (!check) return;
      return check()
        ? respondText("ok")
        : respondText(`internal server error: ${name} failed\n`, 500);
    }
    return report(endpoint, checks, new URL(request.url).searchParams);
  };
}

function report(
  endpoint: string,
  checks: Checks,
  query: URLSearchParams,
): Response {
  const excluded = new Set(query.getAll("exclude"));
  const unknown = new Set(excluded);
  const lines: string[] = [];
  let good = true;
  for (const [name, check] of Object.entries(checks)) {
    if (excluded.has(name)) {
      unknown.delete(name);
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const ok = check();
    good &&= ok;
    lines.push(ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`);
  }
  if (unknown.size > 0) {
    const names = [...unknown].sort().map((name) => `"${name}"`).join(",");
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${names}`,
    );
  }
  if (!good) {
    return respondText(
      [...lines, `${endpoint} check failed`, ""].join("\n"),
      500,
    );
  }
  return query.has("verbose")
    ? respondText([...lines, `${endpoint} check passed`, ""].join("\n"))
    : respondText("ok");
}
