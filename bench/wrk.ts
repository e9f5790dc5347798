import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startChild } from "../cli/demo/child.ts";
import { CONNECTIONS, type LoadTool } from "./load_tool.ts";

/** Longest run in seconds: one ends earlier, when all is sent. */
const LONGEST = 300;

/** wrk (https://github.com/wg/wrk) on one thread, where it is installed. */
export async function findWrk(): Promise<LoadTool | undefined> {
  const version = await versionOfWrk();
  if (version === undefined) return undefined;
  return {
    name: `wrk ${version}, one thread`,
    async run(address, requests) {
      const { method, path, type, body, connections } = requests;
      const child = startChild([
        "wrk",
        ...["--threads", "1", "--connections", `${connections ?? CONNECTIONS}`],
        ...["--duration", `${LONGEST}s`, "--timeout", "60s", "--latency"],
        ...["--script", fileURLToPath(new URL("wrk.lua", import.meta.url))],
        address.url,
      ], {
        name: `wrk ${method} ${path}`,
        env: {
          METHOD: method,
          REQUEST_PATH: path,
          CONTENT_TYPE: type ?? "application/json",
          ...(body === undefined ? {} : { BODY: body }),
          TOKEN: address.token,
          OBJECTS: String(requests.objects),
          REQUESTS: String(requests.requests),
        },
      });
      try {
        await child.waitForLine(/^sent all/, { timeout: LONGEST * 1000 });
        // Again and again, since a short load may be over before wrk goes to sleep, which the signal is to end.
        while (!child.status) {
          try {
            Deno.kill(child.pid, "SIGINT");
          } catch (error) {
            // It has ended, and its output is being read.
            if (!(error instanceof Deno.errors.NotFound)) throw error;
          }
          await Promise.race([child.ended, delay(20)]);
        }
      } finally {
        await child.kill();
      }
      return readReport(child.tail(), child.name);
    },
  };
}

async function versionOfWrk(): Promise<string | undefined> {
  try {
    // It prints its version, its usage, and ends with 1.
    const { stdout } = await new Deno.Command("wrk", {
      args: ["--version"],
      stderr: "null",
    }).output();
    return /wrk\s+(?:debian\/)?(\S+)/.exec(new TextDecoder().decode(stdout))
      ?.[1] ?? "of an unknown version";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function readReport(text: string, name: string) {
  const wrong = /Non-2xx.*|Socket errors: (?!connect 0, read 0, write 0, ).*/
    .exec(text)?.[0];
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1];
  const median = /^\s+50%\s+([\d.]+)(us|ms|s|m)\b/m.exec(text);
  if (wrong || !rate || !median) {
    throw new Error(
      `Cannot measure with ${name}: ${wrong ?? "it says"}\n${text}`,
    );
  }
  return {
    perSecond: Number(rate),
    medianMs: Number(median[1]) * MS[median[2]!]!,
  };
}
