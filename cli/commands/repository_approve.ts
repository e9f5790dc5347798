import { APPROVE_ANNOTATION } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { findRepository } from "../repository/find_repository.ts";
import { renderTable } from "../table.ts";
import { openHub } from "../workspaces/open_hub.ts";

type Pending = NonNullable<
  NonNullable<Repository["status"]>["pendingPrunes"]
>[number];

/** `faros repository approve` */
export const command = defineCommand({
  description:
    "Lets a Repository delete what a commit of it removed, where that is more than\nits pruneGuard lets go. Shows what would be deleted first, and approves exactly\nthat: what is removed besides later waits again. Agents are suspended for the\nRepository's tombstone time before they are deleted.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    workspace: {
      type: "string",
      short: "w",
      value: "NAME",
      multiple: true,
      description:
        "Only what is removed of this workspace; root/ for the hub's own objects",
    },
    commit: {
      type: "string",
      value: "COMMIT",
      description: "Only if that is the commit that removes it",
    },
    yes: { type: "boolean", short: "y", description: "Do not ask" },
  },
  examples: [
    {
      run: "faros repository approve fleet",
      does: "Show what would be deleted, ask, and let it go",
    },
    {
      run: "faros repository approve fleet -w factory-a --commit 3fa9c1d --yes",
      does: "Let go what commit 3fa9c1d removes of one workspace",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const { status } = await findRepository(name, {
      client,
      doing: "approve what goes from",
      signal,
    });
    const commit = status?.observedCommit ?? "";
    if (options.commit && !commit.startsWith(options.commit)) {
      throw new Error(
        `Cannot approve what commit ${options.commit} removes: Repository ${name} is at ${commit}; look at what that one removes, by 'faros repository approve ${name}'`,
      );
    }
    const all = status?.pendingPrunes ?? [];
    const pending = all.filter((item) =>
      options.workspace.length === 0 ||
      options.workspace.includes(placeOf(item))
    );
    if (pending.length === 0) {
      throw new Error(
        `Cannot approve anything of Repository ${name}: nothing${
          options.workspace.length ? ` of ${options.workspace.join(", ")}` : ""
        } waits for approval${
          all.length ? `; waiting: ${all.map(placeOf).join(", ")}` : ""
        }`,
      );
    }
    const objects = pending.reduce((n, item) => n + item.objects, 0);
    io.err(`Commit ${commit.slice(0, 12)} removes:`);
    io.out(renderTable([
      ["WORKSPACE", "KIND", "COUNT", "NAMES"],
      ...pending.flatMap((item) =>
        item.kinds.map(({ kind, count, names }) => [
          placeOf(item),
          kind,
          String(count),
          names.join(", ") + (count > names.length ? ", …" : ""),
        ])
      ),
    ]));
    if (!options.yes && !confirmed(objects)) {
      throw new Error(
        `Nothing of it is approved; say --yes to let ${
          objects === 1 ? "this object" : `these ${objects} objects`
        } go`,
      );
    }
    await client.patch(Repository, name, {
      metadata: {
        annotations: {
          [APPROVE_ANNOTATION]: pending.map((item) => item.token).join(","),
        },
      },
    }, { fieldManager: "faros-cli", signal });
    io.out(
      `repository.gitops.faros.sh/${name} approved: ${objects} object${
        objects === 1 ? "" : "s"
      } may go`,
    );
  },
});

function placeOf({ workspace }: Pending): string {
  return workspace ?? "root/";
}

function confirmed(objects: number): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  return confirm(`Let ${objects} object${objects === 1 ? "" : "s"} go?`);
}
