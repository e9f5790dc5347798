import { basename } from "node:path";
import { main } from "./main.ts";
import { shutdownSignal } from "./signals.ts";

/** Runs the process's command line, and ends the process with its exit code. */
export async function runProcess(): Promise<never> {
  const signal = shutdownSignal();
  Deno.exit(await main(Deno.args, { program: programName(), signal }));
}

/** `kubectl faros` where kubectl runs us as its plugin. */
function programName(): string {
  return Deno.build.standalone &&
      /^kubectl-faros/.test(basename(Deno.execPath()))
    ? "kubectl faros"
    : "faros";
}
