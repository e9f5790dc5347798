/**
 * `deno task compile`: makes one binary of Faros, for this platform or for `--target`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { entries } from "./registry.ts";
import { V8_FLAGS } from "./v8_flags.ts";

/** Platforms as the tasks call them, and as Deno does. */
const TARGETS: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64": "x86_64-pc-windows-msvc",
};

/** What no import names: modules of Workers, commands, and the example fleet of the demo. */
const INCLUDED = [
  "apiserver/request/yaml_worker.ts",
  "apiserver/storage/sqlite_worker.ts",
  "agent/host/plugin_worker.ts",
  "hub/preview/preview_worker.ts",
  "hub/preview/part_worker.ts",
  "fixtures/fleet",
  ...entries.map(({ file }) => file),
];

/**
 * What the binary may do. Deno reads /proc and /sys, where the facts about a
 * device are, only for a program that may do everything; each plugin gets a
 * narrow part of that. A hub needs less, and can be run from a checkout with
 * less (`deno task hub`).
 */
const PERMISSIONS = ["--allow-all"];

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    output: { type: "string", short: "o" },
  },
});
const target = values.target && TARGETS[values.target];
if (values.target && !target) {
  console.error(
    `--target is ${values.target}; it can be ${
      Object.keys(TARGETS).join(", ")
    }`,
  );
  Deno.exit(2);
}
const output = values.output ??
  `dist/faros${values.target ? `-${values.target}` : ""}`;
const { code } = await new Deno.Command(Deno.execPath(), {
  cwd: new URL("../", import.meta.url),
  args: [
    "compile",
    "--quiet",
    "--no-prompt",
    `--v8-flags=${V8_FLAGS}`,
    ...PERMISSIONS,
    ...INCLUDED.flatMap((path) => ["--include", path]),
    ...(target ? ["--target", target] : []),
    "--output",
    output,
    "mod.ts",
  ],
}).spawn().status;
if (code === 0) {
  console.log(`Made ${output}${target?.includes("windows") ? ".exe" : ""}`);
} else {
  console.error(
    "deno compile downloads denort for the platform; where it cannot, set " +
      `DENORT_BIN to a denort ${Deno.version.deno}.`,
  );
}
Deno.exit(code);
