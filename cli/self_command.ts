import { fileURLToPath } from "node:url";

/** Options of {@linkcode selfCommand}. */
export interface SelfCommandOptions {
  /** Deno permission flags for a run from a checkout. @default {["-A"]} */
  permissions?: string[];
}

/**
 * The command line that runs this very program again: the compiled binary, or
 * `deno run` with the checkout's `mod.ts`.
 */
export function selfCommand(options: SelfCommandOptions = {}): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const root = new URL("../", import.meta.url);
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--config",
    fileURLToPath(new URL("deno.json", root)),
    ...options.permissions ?? ["-A"],
    fileURLToPath(new URL("mod.ts", root)),
  ];
}
