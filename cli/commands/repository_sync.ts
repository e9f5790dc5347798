import { REQUESTED_AT_ANNOTATION } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { getCondition } from "../../kube/conditions.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository sync` */
export const command = defineCommand({
  description:
    "Has a repository looked at now: fetched, and all of it compared with what is live,\nas annotating it with reconcile.faros.sh/requestedAt does.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    wait: {
      type: "boolean",
      description:
        "Wait until that is done, and fail where not all of it could be applied",
    },
    timeout: {
      type: "string",
      value: "SECONDS",
      description: "How long to wait at most",
      default: "300",
    },
  },
  examples: [
    { run: "faros repository sync fleet", does: "Ask for it" },
    {
      run: "faros repository sync fleet --wait",
      does: "Ask for it, and say what came of it",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const seconds = Number(options.timeout);
    if (!(seconds > 0)) {
      throw new UsageError(
        `--timeout is ${options.timeout}; give a number of seconds`,
      );
    }
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const repository = await client.tryGet<Repository>(Repository, name, {
      signal,
    });
    if (!repository) throw await notFound(name, { client, signal });
    if (repository.spec.suspend) {
      throw new Error(
        `Cannot sync repository ${name}: it is suspended; set spec.suspend to false first`,
      );
    }
    const requestedAt = new Date().toISOString();
    await client.patch(Repository, name, {
      metadata: { annotations: { [REQUESTED_AT_ANNOTATION]: requestedAt } },
    }, { type: "merge", fieldManager: "faros-cli", signal });
    if (!options.wait) {
      io.out(`repository ${name} is asked for; see its status`);
      return;
    }
    const done = await untilHandled(name, {
      client,
      requestedAt,
      seconds,
      signal,
    });
    const ready = getCondition(done.status?.conditions, "Ready");
    if (ready?.status !== "True") {
      throw new Error(
        `Cannot sync repository ${name}: ${ready?.reason}: ${ready?.message}`,
      );
    }
    io.out(`repository ${name}: ${ready.message}`);
  },
});

async function notFound(
  name: string,
  { client, signal }: { client: KubeClient; signal: AbortSignal },
): Promise<Error> {
  const { items } = await client.listAll(Repository, { signal });
  const names = items.map((r) => r.metadata.name);
  return new Error(
    `Cannot sync repository ${name}: there is none of that name${
      names.length ? `; there are: ${names.join(", ")}` : ""
    }`,
  );
}

/** Waits until the hub has done what was asked for at `requestedAt`. */
async function untilHandled(
  name: string,
  options: {
    client: KubeClient;
    requestedAt: string;
    seconds: number;
    signal: AbortSignal;
  },
): Promise<Repository> {
  const { client, requestedAt, seconds } = options;
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([options.signal, deadline]);
  // A later request that was followed is good, too.
  const isHandled = ({ status }: Repository) =>
    (status?.lastHandledReconcileAt ?? "") >= requestedAt;
  try {
    while (true) {
      const seen = await client.get<Repository>(Repository, name, { signal });
      if (isHandled(seen)) return seen;
      const events = client.watch<Repository>(Repository, {
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: seen.metadata.resourceVersion,
        signal,
      });
      // A watch may end at any time; then look again.
      for await (const event of events) {
        if (event.type !== "ADDED" && event.type !== "MODIFIED") break;
        if (isHandled(event.object)) return event.object;
      }
    }
  } catch (error) {
    if (!deadline.aborted || options.signal.aborted) throw error;
    throw new Error(
      `Cannot wait for repository ${name}: it is not done after ${seconds} s; is the hub running? It goes on; see 'kubectl describe repository ${name}'`,
    );
  }
}
