import { basename } from "node:path";
import { main } from "./main.ts";
import { PLUGIN_VARIABLE } from "./plugin_variable.ts";
import { shutdownSignal } from "./signals.ts";

/** Runs the process's command line, and ends the process with its exit code. */
export async function runProcess(): Promise<never> {
  const signal = shutdownSignal();
  Deno.exit(await main(Deno.args, { program: programName(), signal }));
}

/**
 * `kubectl faros` where kubectl runs us as its plugin: a binary of that name, or what `deno task install` writes, which
 * says so.
 */
function programName(): string {
  const isPlugin = Deno.build.standalone
    ? /^kubectl-faros/.test(basename(Deno.execPath()))
    : Deno.env.get(PLUGIN_VARIABLE) !== undefined;
  // Not for the processes that are started from here.
  Deno.env.delete(PLUGIN_VARIABLE);
  return isPlugin ? "kubectl faros" : "faros";
}
