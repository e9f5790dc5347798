import type { KubeList } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isGone } from "../../kube/kube_api_error.ts";
import type { Io } from "../io.ts";
import { renderTable } from "../table.ts";
import { repositoryHeader, repositoryRow } from "./repository_rows.ts";

/** Prints a line for each change of what a line shows, until the signal ends it. */
export async function watchRepositories(options: {
  client: KubeClient;
  /** What was shown. */
  list: KubeList<Repository>;
  /** Of one only. */
  name: string | undefined;
  io: Pick<Io, "out">;
  wide: boolean;
  signal: AbortSignal;
}): Promise<void> {
  const { client, name, io, wide, signal } = options;
  const header = repositoryHeader(wide);
  const shown = new Map<string, string[]>();
  const widths = header.map((title) => title.length);
  const note = (row: string[]) => {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i]!, cell.length));
    shown.set(row[0]!, row);
  };
  const show = (row: string[]) => {
    const before = shown.get(row[0]!);
    if (before?.join("\n") === row.join("\n")) return;
    note(row);
    // As wide as all that was shown, so that columns stay below each other.
    const blank = widths.map((width) => " ".repeat(width));
    io.out(renderTable([blank, row]).split("\n")[1]!);
  };
  for (const item of options.list.items) note(repositoryRow(item, wide));
  const selector = name === undefined
    ? {}
    : { fieldSelector: `metadata.name=${name}` };
  let { resourceVersion } = options.list.metadata;
  while (!signal.aborted) {
    try {
      const events = client.watch<Repository>(Repository, {
        ...selector,
        ...(resourceVersion ? { resourceVersion } : {}),
        signal,
      });
      for await (const event of events) {
        resourceVersion = event.object.metadata.resourceVersion;
        if (event.type === "BOOKMARK") continue;
        if (event.type === "DELETED") {
          show([event.object.metadata.name, "(deleted)"]);
        } else show(repositoryRow(event.object, wide));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isGone(error) && !isTimeout(error)) throw error;
      const list = await client.listAll<Repository>(Repository, {
        ...selector,
        signal,
      });
      for (const item of list.items) show(repositoryRow(item, wide));
      resourceVersion = list.metadata.resourceVersion;
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
