import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { DnsLabel } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { Workspace } from "../../api/workspace.ts";
import type { KubeClient } from "../../kube/client.ts";
import {
  authenticate,
  type Caller,
  type CallerEnv,
  mayCaller,
} from "./authentication.ts";
import { StatusError } from "./status_error.ts";

/** What of a Workspace a request may give. */
const Body = z.object({
  apiVersion: z.literal(Workspace.apiVersion).optional(),
  kind: z.literal(Workspace.kind).optional(),
  metadata: z.object({
    name: DnsLabel,
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: Workspace.spec.optional(),
});

/** How many access reviews run at a time. */
const AT_ONCE = 16;

/** The first Faros' workspace API: `GET` and `POST /workspaces`, `GET` and `DELETE /workspaces/:name`. */
export function workspaceRoutes(options: { client: KubeClient }) {
  const { client } = options;
  const may = (caller: Caller, verb: string, name?: string) =>
    mayCaller(client, caller, {
      verb,
      group: Workspace.group,
      version: Workspace.version,
      resource: Workspace.plural,
      name,
    });
  const check = async (caller: Caller, verb: string, name?: string) => {
    if (await may(caller, verb, name)) return;
    throw new StatusError(
      403,
      `user ${caller.username} may not ${verb} ${
        name === undefined ? "workspaces" : `Workspace ${name}`
      }`,
    );
  };

  return new Hono<CallerEnv>()
    .use(authenticate(options))
    .get("/", async (c) => {
      const caller = c.get("caller");
      const list = await client.listAll<Workspace>(Workspace);
      if (!await may(caller, "list")) {
        list.items = await filter(
          list.items,
          (item) => may(caller, "get", item.metadata.name),
        );
      }
      return c.json({
        ...list,
        apiVersion: Workspace.apiVersion,
        kind: `${Workspace.kind}List`,
      });
    })
    .post(
      "/",
      bodyLimit({ maxSize: 256 * 1024, onError: tooLarge }),
      async (c) => {
        const caller = c.get("caller");
        await check(caller, "create");
        const workspace = parse(await c.req.json().catch(() => undefined));
        const { spec = {} } = workspace;
        const masters = caller.groups?.includes("system:masters");
        const created = await client.create<Workspace>(Workspace, {
          apiVersion: Workspace.apiVersion,
          kind: Workspace.kind,
          metadata: workspace.metadata,
          // Who makes a workspace wants to use it.
          spec: spec.members || masters
            ? spec
            : { ...spec, members: [{ user: caller.username, role: "admin" }] },
        }, { fieldManager: `${HUB_MANAGER}-api`, fieldValidation: "Strict" });
        return c.json(created, 201);
      },
    )
    .get("/:name", async (c) => {
      const name = nameOf(c.req.param("name"));
      await check(c.get("caller"), "get", name);
      return c.json(await client.get<Workspace>(Workspace, name));
    })
    .delete("/:name", async (c) => {
      const name = nameOf(c.req.param("name"));
      await check(c.get("caller"), "delete", name);
      await client.delete(Workspace, name);
      return c.json({
        apiVersion: "v1",
        kind: "Status",
        metadata: {},
        status: "Success",
        details: {
          name,
          group: Workspace.group,
          kind: Workspace.plural,
        },
      });
    });
}

/** A name that may stand in a path: `.` or `a/status` would ask for something else than was reviewed. */
function nameOf(param: string): string {
  const parsed = DnsLabel.safeParse(param);
  if (parsed.success) return parsed.data;
  throw new StatusError(
    404,
    `there is no Workspace ${JSON.stringify(param)}: a name ${
      parsed.error.issues.map((issue) => issue.message).join("; ")
    }`,
  );
}

function parse(body: unknown) {
  const parsed = Body.safeParse(body);
  if (parsed.success) {
    return parsed.data as Pick<Workspace, "metadata" | "spec">;
  }
  throw new StatusError(
    422,
    `the body is not a Workspace: ${
      parsed.error.issues.map((issue) =>
        `${issue.path.join(".") || "it"}: ${issue.message}`
      ).join("; ")
    }`,
  );
}

function tooLarge(): never {
  throw new StatusError(413, "the body is larger than 256 KiB");
}

async function filter<T>(
  items: T[],
  keep: (item: T) => Promise<boolean>,
): Promise<T[]> {
  const kept: T[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    const some = items.slice(i, i + AT_ONCE);
    const answers = await Promise.all(some.map(keep));
    kept.push(...some.filter((_, j) => answers[j]));
  }
  return kept;
}
