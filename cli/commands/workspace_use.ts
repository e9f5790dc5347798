import { Workspace } from "../../api/workspace.ts";
import type { KubeApiError } from "../../kube/kube_api_error.ts";
import { clusterOptions, openCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { currentContext } from "../current_context.ts";
import { nearest } from "../../gitops/manifest/nearest.ts";

/** `faros workspace use` */
export const command = defineCommand({
  description:
    "Makes a workspace the current one: the namespace of the kubeconfig's context,\nwhich kubectl follows too. Without a name, shows the current one.",
  arguments: [{
    name: "NAME",
    description: "Name of a workspace, or - for the one before",
    optional: true,
  }],
  options: clusterOptions,
  examples: [
    { run: "faros workspace use factory-a", does: "Go to a workspace" },
    { run: "faros workspace use -", does: "Go back to the one before" },
  ],
  async run({ args: [asked], options, io, signal }) {
    const { kubeconfig, context: named } = options;
    const context = await currentContext({ kubeconfig, context: named, io });
    if (asked === undefined) {
      if (!context.namespace) {
        throw new Error(
          `Context ${context.name} of ${context.path} is in no workspace; run 'faros workspace use NAME'`,
        );
      }
      io.out(context.namespace);
      return;
    }
    const name = asked === "-" ? context.previous : asked;
    if (name === undefined) {
      throw new Error(
        `Cannot go back: context ${context.name} of ${context.path} was in no other workspace before`,
      );
    }
    await checkExists(name, { options, signal });
    await context.switchTo(name);
    io.out(`Now in workspace ${name} (context ${context.name}).`);
  },
});

async function checkExists(
  name: string,
  { options, signal }: {
    options: { kubeconfig?: string | undefined; context?: string | undefined };
    signal: AbortSignal;
  },
): Promise<void> {
  using cluster = await openCluster(options);
  const names = await cluster.client.listAll(Workspace, { signal }).then(
    (list) => list.items.map((w) => w.metadata.name),
    (error: KubeApiError) => {
      // Whoever may not list workspaces may still use the one they belong to.
      if (error.code === 403) return undefined;
      throw error;
    },
  );
  if (!names || names.includes(name)) return;
  const meant = nearest(name, names);
  throw new Error(
    `Cannot use workspace ${name}: there is none of that name; ${
      meant
        ? `did you mean ${meant}?`
        : names.length
        ? `there are ${names.slice(0, 10).join(", ")}${
          names.length > 10 ? " and others" : ""
        }`
        : `make it with 'faros workspace create ${name}'`
    }`,
  );
}
