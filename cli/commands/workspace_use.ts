import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { findWorkspace } from "../workspaces/find_workspace.ts";
import { KubeconfigFiles } from "../workspaces/kubeconfig_files.ts";
import { openHub } from "../workspaces/open_hub.ts";
import { workspaceSwitch } from "../workspaces/workspace_switch.ts";

/** `faros workspace use` */
export const command = defineCommand({
  description:
    "Makes a workspace the current one of the kubeconfig, so that kubectl follows: by\nthe context's namespace, or on kcp by the server's URL, as 'kubectl ws' does. Without\na name, shows the current one.",
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
  async run({ args: [name], options, io, signal }) {
    const { kubeconfig, context } = options;
    const where = { kubeconfig, context, io, signal };
    if (name === undefined) {
      const files = await KubeconfigFiles.open(where);
      const { current } = workspaceSwitch(files);
      if (current === undefined) {
        throw new Error(
          `Context ${files.contextName} of ${files.paths} is in no workspace; run 'faros workspace use NAME'`,
        );
      }
      io.out(current);
      return;
    }
    const place = name === "-" ? undefined : await placeOf(name);
    const arrival = await KubeconfigFiles.change((files) => {
      const way = workspaceSwitch(files);
      return place ? way.goTo(place) : way.goBack();
    }, where);
    io.out(
      `Now in workspace ${arrival.workspace} (context ${arrival.context}).`,
    );

    async function placeOf(name: string) {
      using hub = await openHub(options, { io, signal });
      return await findWorkspace(name, { hub, signal });
    }
  },
});
