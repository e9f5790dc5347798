import { fileURLToPath } from "node:url";
import { startChild } from "../cli/demo/child.ts";
import type { LoadTool } from "./load_tool.ts";

const REQUESTS = 60_000;

/** How many answers a second the load tool itself can take, from a server that does nothing. */
export async function measureCeiling(tool: LoadTool): Promise<number> {
  const script = fileURLToPath(new URL("static_server.ts", import.meta.url));
  const child = startChild([
    Deno.execPath(),
    ...["run", "--quiet", "-A", script],
  ], { name: "static server" });
  try {
    const line = await child.waitForLine(/^ready\b/, { timeout: 30_000 });
    const url = line.split(" ")[1]!;
    const ca = line.split(" ")[2]!;
    const { perSecond } = await tool.run(
      { url, token: "none", caData: atob(ca) },
      { method: "GET", path: "/%d", objects: 2000, requests: REQUESTS },
    );
    return perSecond;
  } finally {
    await child.kill();
  }
}
