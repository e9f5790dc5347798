import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../../kube/client.ts";
import { workspaceOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { openWorkspace } from "../workspaces/open_workspace.ts";
import { renderTable } from "../table.ts";

/** `faros agent approve` */
export const command = defineCommand({
  description:
    "Lets a device that waits for it join: one whose Registration asks for approval,\nor one that claims a name which another key has. Compare the key with what the\ndevice's log says before. Or turns one away, be it one that has joined: that takes\nits credentials at once, while what it runs goes on until it is stopped there.",
  arguments: [{ name: "NAME", description: "Name of the agent" }],
  options: {
    ...workspaceOptions,
    key: {
      type: "string",
      value: "HEX",
      description:
        "Which key, by the start of its id, where several wait for the name",
    },
    deny: {
      type: "boolean",
      description: "Turn the device away instead, also one that has joined",
    },
  },
  examples: [
    { run: "faros agent approve press-1 -w factory-a", does: "Let it join" },
    {
      run: "faros agent approve press-1 -w factory-a --key 3fa9",
      does: "Let the one with that key join, of several",
    },
    {
      run: "faros agent approve press-1 -w factory-a --deny",
      does: "Turn it away",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    using cluster = await openWorkspace(options, io);
    const { client, namespace } = cluster;
    const { items } = await client.listAll<Enrollment>(Enrollment, {
      namespace,
      signal,
    });
    const { key: given, deny } = options;
    const enrollment = choose(items, { name, key: given, deny, namespace });
    const verdict = deny ? "Denied" : "Approved";
    await setVerdict(enrollment, verdict, { client, signal });
    const key = enrollment.metadata.name.slice(0, 16);
    io.out(
      `agent ${name} (key ${key}…) ${verdict.toLowerCase()} in ${namespace}`,
    );
  },
});

function conditionOf(enrollment: Enrollment, type: string) {
  return enrollment.status?.conditions?.find((c) => c.type === type);
}

/** The one Enrollment that waits for the name; to be turned away, else the one that has joined by it. */
function choose(
  all: readonly Enrollment[],
  { name, key, deny, namespace }: {
    name: string;
    key: string | undefined;
    deny: boolean;
    namespace: string;
  },
): Enrollment {
  const named = all.filter((e) =>
    e.spec.agent === name && (!key || e.metadata.name.startsWith(key))
  );
  const unsettled = named.filter((e) =>
    conditionOf(e, "Ready")?.status !== "True" &&
    conditionOf(e, "Approved")?.status !== "True"
  );
  const isDenied = (e: Enrollment) =>
    conditionOf(e, "Denied")?.status === "True";
  // One that was denied waits still, to be let in; it cannot be denied again.
  const waiting = deny ? unsettled.filter((e) => !isDenied(e)) : unsettled;
  const left = deny ? named.filter((e) => !isDenied(e)) : [];
  const chosen = waiting.length ? waiting : left;
  const doing = deny ? "deny" : "approve";
  if (chosen.length === 1) return chosen[0]!;
  if (chosen.length > 1) {
    throw new Error(
      `Cannot ${doing} agent ${name}: ${chosen.length} keys ${
        waiting.length ? "wait for" : "have"
      } that name; say which by --key:\n${
        renderTable(
          chosen.map((e) => [
            e.metadata.name,
            e.spec.device?.hostname ?? "",
            e.metadata.creationTimestamp ?? "",
          ]),
        )
      }`,
    );
  }
  const others = all.filter((e) =>
    conditionOf(e, "Ready")?.status !== "True" && !isDenied(e)
  ).map((e) => e.spec.agent);
  throw new Error(
    `Cannot ${doing} agent ${name} in ${namespace}: ${
      named.length
        ? deny ? "it is denied already" : "it has joined already"
        : `no device ${
          key ? `with key ${key} ` : ""
        }has asked to join by that name`
    }${others.length ? `; waiting: ${[...new Set(others)].join(", ")}` : ""}`,
  );
}

/** Says it as a condition beside those of the hub, each by its own field manager. */
async function setVerdict(
  enrollment: Enrollment,
  type: "Approved" | "Denied",
  { client, signal }: { client: KubeClient; signal: AbortSignal },
): Promise<void> {
  const { apiVersion, kind, metadata } = enrollment;
  const { name, namespace } = metadata;
  const object: KubeObject & { status: unknown } = {
    apiVersion,
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}) },
    status: {
      conditions: [{
        type,
        status: "True",
        reason: `${type}ByUser`,
        message: `By faros agent approve${type === "Denied" ? " --deny" : ""}`,
        lastTransitionTime: new Date().toISOString(),
      }],
    },
  };
  await client.apply(Enrollment, object, {
    subresource: "status",
    fieldManager: "faros-cli",
    force: true,
    signal,
  });
}
