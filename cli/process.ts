import { basename } from "node:path";
import { processIo } from "./io.ts";
import { main } from "./main.ts";
import { PLUGIN_VARIABLE } from "./plugin_variable.ts";
import { shutdownSignal } from "./signals.ts";

/** Time to end in where nobody reads what is said, in milliseconds: as long as processes that were started take. */
const GRACE = 15_000;

/** Runs the process's command line, and ends the process with its exit code. */
export async function runProcess(): Promise<never> {
  const { signal, end } = shutdownSignal();
  let unread = false;
  // An end, but a clean one: what was started is stopped, and what was made for a while is removed.
  const onClosed = () => {
    unread = true;
    Deno.unrefTimer(setTimeout(() => Deno.exit(0), GRACE));
    end();
  };
  const io = processIo({ onClosed });
  const code = await main(Deno.args, { program: programName(), io, signal });
  Deno.exit(unread ? 0 : code);
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
