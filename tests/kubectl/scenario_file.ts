/** One step of a scenario. */
export type Step =
  /** Runs a line of shell and takes its output. */
  | { type: "run"; command: string; line: number }
  /** Runs a line of shell again and again until it succeeds; its output does not count. */
  | { type: "await"; command: string; line: number }
  /** Starts a line of shell, and goes on once it has printed `until`. */
  | { type: "start"; command: string; until: RegExp; line: number }
  /** Lets what was started print `until`, ends it, and takes its output. */
  | { type: "stop"; until: RegExp; line: number };

/** Hides what differs from run to run. */
export interface Mask {
  pattern: RegExp;
  replacement: string;
}

/** A scenario: files and what kubectl does with them. */
export interface Scenario {
  /** Also the name of its namespace. */
  name: string;
  /** Content by file name. */
  files: Record<string, string>;
  steps: Step[];
  /** What this scenario hides beyond what all do. */
  masks: Mask[];
}

/**
 * Reads a scenario.
 *
 * ```
 * # A comment.
 * === file.yaml
 * what is in the file
 * ===
 * $ kubectl apply -f file.yaml
 * ? kubectl explain widgets
 * & /a pattern/ kubectl get cm -w
 * ~ /another pattern/
 * ! s/pattern/replacement/  # why
 * ```
 *
 * @throws Error where a line is none of these.
 */
export function parseScenario(name: string, text: string): Scenario {
  const scenario: Scenario = { name, files: {}, steps: [], masks: [] };
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const source = lines[i]!;
    const line = i + 1;
    const fail = (why: string): never => {
      throw new Error(`Cannot read scenario ${name}, line ${line}: ${why}`);
    };
    if (source.trim() === "" || source.startsWith("#")) continue;
    const [mark, rest] = [source.slice(0, 2), source.slice(2).trim()];
    if (source.startsWith("=== ")) {
      const end = lines.indexOf("===", i);
      if (end < 0) fail("the file has no end (===)");
      const file = source.slice(4).trim();
      scenario.files[file] = lines.slice(i + 1, end).join("\n") + "\n";
      i = end;
    } else if (mark === "$ ") {
      scenario.steps.push({ type: "run", command: rest, line });
    } else if (mark === "? ") {
      scenario.steps.push({ type: "await", command: rest, line });
    } else if (mark === "& ") {
      const found = /^\/((?:[^/\\]|\\.)*)\/ +(.*)$/.exec(rest) ??
        fail("expected & /pattern/ command");
      const until = new RegExp(found[1]!, "m");
      scenario.steps.push({ type: "start", command: found[2]!, until, line });
    } else if (mark === "~ ") {
      const found = /^\/((?:[^/\\]|\\.)*)\/$/.exec(rest) ??
        fail("expected ~ /pattern/");
      const until = new RegExp(found[1]!, "m");
      scenario.steps.push({ type: "stop", until, line });
    } else if (mark === "! ") {
      const found =
        /^s\/((?:[^/\\]|\\.)*)\/((?:[^/\\]|\\.)*)\/ +# .+$/.exec(rest) ??
          fail("expected ! s/pattern/replacement/  # why");
      const pattern = new RegExp(found[1]!, "gm");
      scenario.masks.push({ pattern, replacement: found[2]! });
    } else {
      fail(`expected a line with $, ?, &, ~, !, # or ===, found ${source}`);
    }
  }
  return scenario;
}
