import { type Member, Workspace } from "../../api/workspace.ts";
import type { KubeObject } from "../../api/meta.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { waitForReady } from "../wait.ts";
import { openHub } from "../workspaces/open_hub.ts";

const ROLES = ["admin", "operator", "viewer"] as const;

/** `faros workspace create` */
export const command = defineCommand({
  description:
    "Makes a workspace: a place of its own for agents, plugin objects and\nmembers. A workspace that a repository declares is better made there.",
  arguments: [{ name: "NAME", description: "Name of the workspace" }],
  options: {
    ...clusterOptions,
    description: {
      type: "string",
      value: "TEXT",
      description: "What it is for",
    },
    member: {
      type: "string",
      value: "USER[=ROLE]",
      multiple: true,
      description:
        "Who may use it, as admin unless a role (admin, operator, viewer) is given; may be given several times",
    },
    "no-wait": {
      type: "boolean",
      description: "Do not wait until it is ready",
    },
  },
  examples: [
    { run: "faros workspace create factory-a", does: "Make a workspace" },
    {
      run: "faros workspace create factory-a --member ann --member bob=viewer",
      does: "Make one that two people may use",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const members = options.member.map(parseMember);
    const { description } = options;
    const workspace: KubeObject & { spec: unknown } = {
      apiVersion: Workspace.apiVersion,
      kind: Workspace.kind,
      metadata: { name },
      spec: {
        ...(description === undefined ? {} : { description }),
        ...(members.length ? { members } : {}),
      },
    };
    using cluster = await openHub(options, { io, signal });
    await cluster.client.create(Workspace, workspace, {
      fieldManager: "faros-cli",
      signal,
    });
    if (!options["no-wait"]) {
      await waitForReady(Workspace, name, { client: cluster.client, signal });
    }
    io.out(`workspace.tenancy.faros.sh/${name} created`);
  },
});

function parseMember(text: string): Member {
  const [user = "", role] = text.split("=");
  if (role === undefined) return user;
  const known = ROLES.find((r) => r === role);
  if (!known || !user) {
    throw new UsageError(
      `--member is ${
        JSON.stringify(text)
      }; it is a user's name, or name=role with role admin, operator or viewer`,
    );
  }
  return { user, role: known };
}
