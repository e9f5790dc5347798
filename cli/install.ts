/**
 * `deno task install`: puts `faros` and `kubectl-faros` on the PATH, as small programs that run this checkout with
 * this very Deno.
 *
 * @module
 */
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { PLUGIN_VARIABLE } from "./plugin_variable.ts";
import { selfCommand } from "./self_command.ts";

const { values } = parseArgs({
  options: { dir: { type: "string" } },
});
const windows = Deno.build.os === "windows";
const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
const onPath = (Deno.env.get("PATH") ?? "").split(delimiter);
const usual = [join(home, ".local", "bin"), join(home, "bin")];
const dir = values.dir ?? usual.find((d) => onPath.includes(d)) ?? usual[0]!;

const command = selfCommand().map((part) =>
  windows ? `"${part}"` : `'${part.replaceAll("'", `'\\''`)}'`
)
  .join(" ");

await Deno.mkdir(dir, { recursive: true });
for (const name of ["faros", "kubectl-faros"]) {
  const path = join(dir, windows ? `${name}.cmd` : name);
  const isPlugin = name.startsWith("kubectl-");
  const text = windows
    ? `@echo off\r\nsetlocal\r\n${
      isPlugin ? `set ${PLUGIN_VARIABLE}=1\r\n` : ""
    }${command} %*\r\n`
    : `#!/bin/sh\n${
      isPlugin ? `${PLUGIN_VARIABLE}=1 ` : ""
    }exec ${command} "$@"\n`;
  await Deno.writeTextFile(path, text);
  if (!windows) await Deno.chmod(path, 0o755);
  console.log(`Installed ${path}`);
}
if (!onPath.includes(dir)) {
  console.log(`${dir} is not on the PATH; add it: export PATH="${dir}:$PATH"`);
}
