import { decodeProtectedHeader } from "jose";
import { HUB_MANAGER } from "../../api/names.ts";
import { Plugin, type PluginVersion } from "../../api/plugin.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import { deepEqual, isApplied, ownedFields } from "../../kube/owned_fields.ts";
import { runController } from "../../kube/reconciler.ts";
import { artifactPath, type Artifacts } from "../artifacts.ts";
import { checkKinds, schemaValidator } from "../kinds/check_kinds.ts";
import { compileSchema } from "../resolve/config_schema.ts";
import { Problem } from "../resolve/problem.ts";
import type { HubContext } from "./context.ts";
import { type HubStatus, type Outcome, writeStatus } from "./status.ts";

/** What the hub publishes. */
export interface PluginControllerOptions {
  catalogue: PluginBundle[];
  artifacts: Artifacts;
}

/** Keeps the hub's own plugins in the catalogue, and says of each Plugin whether it can be used. */
export function runPluginController(
  context: HubContext,
  options: PluginControllerOptions,
): Promise<void> {
  const informer = context.informers.get<Plugin>(Plugin);
  const bundles = Map.groupBy(options.catalogue, ({ name }) => name);
  return runController({
    ...context,
    name: "plugin",
    reconcile: async ({ name }) => {
      const found = informer.get(undefined, name);
      if (found?.metadata.deletionTimestamp) return;
      const own = bundles.get(name);
      const plugin = own
        ? await publishPlugin(context, {
          own,
          found,
          artifacts: options.artifacts,
        })
        : found;
      if (!plugin) return;
      await writeStatus(context, Plugin, plugin, {
        outcome: await outcomeOf(plugin),
        conditions: kindsConditions(context, plugin),
      });
    },
    sources: [
      { informer },
      {
        start: (enqueue) => {
          context.pluginKinds.on((name) => enqueue({ name }));
        },
      },
      {
        start: (enqueue, signal) => {
          const all = () => {
            for (const name of bundles.keys()) enqueue({ name });
          };
          all();
          const stop = context.keys.on(all);
          signal.addEventListener("abort", stop, { once: true });
        },
      },
    ],
  });
}

/** What of the hub's context publishing needs. */
type Publishing = Pick<HubContext, "client" | "keys" | "signal">;

/** Puts a plugin of the hub into the catalogue; versions published before stay. */
export async function publishPlugin(
  context: Pick<Publishing, "client" | "keys"> & Partial<Publishing>,
  { own, found, artifacts }: {
    own: PluginBundle[];
    found?: Plugin;
    artifacts: Artifacts;
  },
): Promise<Plugin> {
  const { client, signal } = context;
  const { name, description } = own[0]!;
  const versions: PluginVersion[] = [];
  for (const bundle of own) {
    const hash = await artifacts.put(bundle.code, { plugin: name, signal });
    versions.push(await entryOf(context, bundle, { hash, found }));
  }
  for (const old of found?.spec.versions ?? []) {
    if (versions.some((v) => v.version === old.version)) continue;
    if (await isOurs(context, name, old)) versions.push(old);
  }
  const spec = { description, versions };
  if (found) {
    const owned = ownedFields(found, { fieldManager: HUB_MANAGER });
    if (isApplied({ spec }, { live: found, owned })) return found;
  }
  return await client.apply<Plugin>(Plugin, {
    apiVersion: Plugin.apiVersion,
    kind: Plugin.kind,
    metadata: { name },
    spec,
  }, { fieldManager: HUB_MANAGER, force: true, signal });
}

async function entryOf(
  { keys }: Pick<Publishing, "keys">,
  bundle: PluginBundle,
  { hash, found }: { hash: string; found?: Plugin },
): Promise<PluginVersion> {
  const { name: plugin, description: _, code: __, ...entry } = bundle;
  const { version } = entry;
  const digest = `sha256:${hash}`;
  const artifact = { url: artifactPath(hash), digest };
  const before = found?.spec.versions.find((v) => v.version === version)
    ?.artifacts[0];
  // A signature is another each time it is made: one that stands is kept, so
  // that nothing changes for devices.
  const stands = before && deepEqual({ ...before, signature: "" }, {
    ...artifact,
    signature: "",
  }) && await isSigned(keys, before.signature, { plugin, version, digest });
  const signature = stands
    ? before.signature
    : await keys.sign({ plugin, version, digest }, ClaimType.artifact);
  // Without what is undefined: the server would not give it back.
  return JSON.parse(
    JSON.stringify({ ...entry, artifacts: [{ ...artifact, signature }] }),
  );
}

/** Whether a version is one that the hub published earlier. */
async function isOurs(
  { keys }: Pick<Publishing, "keys">,
  plugin: string,
  { version, artifacts }: PluginVersion,
): Promise<boolean> {
  for (const { url, digest, signature } of artifacts) {
    if (url !== artifactPath(digest.replace("sha256:", ""))) return false;
    const claim = { plugin, version, digest };
    if (!await keys.verify(signature, { claim, typ: ClaimType.artifact })) {
      return false;
    }
  }
  return true;
}

async function isSigned(
  keys: HubContext["keys"],
  signature: string,
  claim: { plugin: string; version: string; digest: string },
): Promise<boolean> {
  try {
    const { kid } = decodeProtectedHeader(signature);
    return kid !== undefined && keys.isActive(kid) &&
      await keys.verify(signature, { claim, typ: ClaimType.artifact });
  } catch {
    return false;
  }
}

async function outcomeOf(plugin: Plugin): Promise<Outcome> {
  const { metadata: { name }, spec } = plugin;
  try {
    for (const { version, configSchema } of spec.versions) {
      if (configSchema) compileSchema(configSchema, `${name} ${version}`);
    }
    checkKinds(plugin, { validateSchema: await schemaValidator(plugin) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { reason, message } = error;
    return { state: "stalled", reason, message };
  }
  return {
    state: "ready",
    reason: "Accepted",
    message: `${spec.versions.length} version${
      spec.versions.length === 1 ? "" : "s"
    } to enable in workspaces`,
  };
}

/** Whether the kinds that a Plugin brings are installed; nothing where it brings none. */
function kindsConditions(
  { pluginKinds }: HubContext,
  { metadata: { name }, spec }: Plugin,
): HubStatus["conditions"] {
  const installed = pluginKinds.of(name);
  if (!installed.length && !spec.versions.some((v) => v.kinds?.length)) {
    return [];
  }
  const type = "KindsInstalled";
  const problem = pluginKinds.problem(name);
  if (problem) return [{ type, status: "False", ...problem }];
  if (!installed.length) {
    return [{
      type,
      status: "False",
      reason: "NotEnabled",
      message:
        "No workspace enables it; its kinds are installed with the first that does",
    }];
  }
  return [{
    type,
    status: "True",
    reason: "Installed",
    message: `${
      installed.map(({ kind, group }) => `${kind} of ${group}`).join(", ")
    }: served in the workspaces that enable it`,
  }];
}
