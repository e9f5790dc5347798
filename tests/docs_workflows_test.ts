/**
 * The workflow files of the documentation are what they say: YAML, with
 * scripts that a shell takes and commands that `faros` has.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { command } from "../cli/commands/plan.ts";
import { parseCommandLine } from "../cli/parse.ts";
import { COMMENT_MARK } from "../hub/preview/render/markdown.ts";

const FOLDER = new URL("../docs/workflows/", import.meta.url);

/** All scripts in a workflow: what stands under `run` and `script`. */
function scripts(value: unknown, key = ""): string[] {
  if (typeof value === "string") {
    return /^(run|script|before_script)$/.test(key) ? [value] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item) => scripts(item, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => scripts(inner, name));
}

for (const name of ["github.yaml", "gitlab.yaml", "forgejo.yaml"]) {
  Deno.test(`docs/workflows/${name} runs what there is`, async () => {
    const workflow = parse(await Deno.readTextFile(new URL(name, FOLDER)));
    const all = scripts(workflow);
    assert.ok(all.length > 0);
    for (const script of all) {
      // What comes from outside goes through the environment, never into a script.
      assert.doesNotMatch(script, /\$\{\{/);
      const shell = new Deno.Command("bash", {
        args: ["-n"],
        stdin: "piped",
        stderr: "piped",
      }).spawn();
      const writer = shell.stdin.getWriter();
      await writer.write(new TextEncoder().encode(script));
      await writer.close();
      const { success, stderr } = await shell.output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }
    const text = all.join("\n");
    const lines = [...text.matchAll(/faros plan (.*?) >/g)].map((m) => m[1]!);
    assert.ok(lines.length > 0);
    for (const line of lines) {
      parseCommandLine(command, line.replaceAll('"', "").split(" "));
    }
    assert.ok(text.includes(COMMENT_MARK));
  });
}
