import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "./v8_flags.ts";

/**
 * The command line that runs this very program again: the compiled binary, or
 * `deno run` with the checkout's.
 */
export function selfCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const root = new URL("../", import.meta.url);
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    `--v8-flags=${V8_FLAGS}`,
    "--config",
    fileURLToPath(new URL("deno.json", root)),
    "-A",
    fileURLToPath(new URL("cli/faros.ts", root)),
  ];
}
