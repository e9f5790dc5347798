/**
 * The APIBindings by which workspaces have Faros's kinds. kcp makes them with a workspace, and does not notice when one
 * is deleted or a claim of it rejected.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { RequestOptions, RestClient } from "../contract.ts";
import { createInformer } from "../informer.ts";
import { isAlreadyExists } from "../kube_api_error.ts";
import type { Logger } from "../log.ts";
import type { KubeRestClient } from "../rest_client.ts";
import { listAll, type Source, watchAll } from "./all_workspaces.ts";
import type { ExportEndpoints } from "./export_endpoints.ts";
import { claimedKinds, CLAIMING_EXPORT } from "./exports.ts";
import { APIBinding, CLUSTER_ANNOTATION } from "./kinds.ts";
import type { WorkspaceIndex } from "./workspace_index.ts";

interface Claim {
  group: string;
  resource: string;
  verbs: string[];
  selector: { matchAll: true };
  state: "Accepted" | "Rejected";
}

interface Binding extends KubeObject {
  spec: {
    reference: { export: { path?: string; name: string } };
    permissionClaims?: Claim[];
  };
}

/** Options of {@linkcode followBindings}. */
export interface FollowBindingsOptions {
  exports: readonly string[];
  index: WorkspaceIndex;
  endpoints: ExportEndpoints;
  /** Carries requests to an origin of kcp, as the hub. */
  connect: (origin: string) => KubeRestClient;
  log?: Logger;
  clock?: Clock;
  signal: AbortSignal;
}

/** Calls `listener` with each workspace of which a binding has changed or gone. */
export function followBindings(
  options: FollowBindingsOptions,
  listener: (workspace: string) => void,
): void {
  const { log, clock, signal } = options;
  for (const name of options.exports) {
    const informer = createInformer<Binding>(
      bindingsClient(name, options),
      APIBinding,
      { log, clock, signal },
    );
    informer.on(({ type, object, old }) => {
      const same = type === "added" ||
        JSON.stringify(object.spec) === JSON.stringify(old?.spec);
      if (type === "deleted" || !same) listener(object.metadata.namespace!);
    });
  }
}

/** Shows the bindings of one APIExport, each in the namespace that has its workspace's name. */
function bindingsClient(
  name: string,
  { index, endpoints, connect }: FollowBindingsOptions,
): KubeClient {
  const sources = () =>
    endpoints.of(name).map((url): Source => ({
      id: url,
      rest: connect(new URL(url).origin),
      path: `${
        new URL(url).pathname
      }/clusters/*/apis/${APIBinding.group}/${APIBinding.version}/${APIBinding.plural}`,
      adopt(object) {
        const cluster = object.metadata.annotations?.[CLUSTER_ANNOTATION];
        const namespace = cluster && index.workspaceOf(cluster);
        return namespace
          ? { ...object, metadata: { ...object.metadata, namespace } }
          : undefined;
      },
    }));
  const performRequest = async (opts: RequestOptions) => {
    await Promise.all([index.synced, endpoints.synced]);
    const now = sources();
    if (!opts.querystring?.has("watch")) return await listAll(now, opts);
    return await watchAll(now, opts, {
      onChange: (listener) => {
        const stops = [index.onRecognized(listener), endpoints.on(listener)];
        return () => stops.forEach((stop) => stop());
      },
    });
  };
  return new KubeClient({
    performRequest: performRequest as RestClient["performRequest"],
    [Symbol.dispose]: () => {},
  });
}

/**
 * Sees to it that a workspace binds the exports, all their claims accepted.
 *
 * @param inside A client of the workspace.
 */
export async function ensureBindings(
  inside: KubeClient,
  { path, exports }: {
    /** Of the workspace with the exports. */
    path: string;
    exports: readonly string[];
  },
): Promise<void> {
  const { items } = await inside.list<Binding>(APIBinding);
  for (const name of exports) {
    const permissionClaims = name === CLAIMING_EXPORT ? acceptedClaims() : [];
    const found = items.find(({ spec: { reference } }) =>
      reference.export.name === name && reference.export.path === path
    );
    // Once it is gone, its deletion brings us back.
    if (found?.metadata.deletionTimestamp) continue;
    if (!found) {
      await inside.create<Binding>(APIBinding, {
        apiVersion: `${APIBinding.group}/${APIBinding.version}`,
        kind: APIBinding.kind,
        metadata: { name },
        spec: { reference: { export: { path, name } }, permissionClaims },
      }, { fieldManager: HUB_MANAGER }).catch((error) => {
        if (!isAlreadyExists(error)) throw error;
      });
    } else if (!accepts(found, permissionClaims)) {
      await inside.update<Binding>(APIBinding, {
        ...found,
        spec: { ...found.spec, permissionClaims },
      }, { fieldManager: HUB_MANAGER });
    }
  }
}

function acceptedClaims(): Claim[] {
  return claimedKinds.map((kind) => ({
    group: kind.group,
    resource: kind.plural,
    verbs: ["*"],
    selector: { matchAll: true },
    state: "Accepted",
  }));
}

function accepts({ spec }: Binding, claims: Claim[]): boolean {
  return claims.every((claim) =>
    spec.permissionClaims?.some((found) =>
      found.group === claim.group && found.resource === claim.resource &&
      found.state === "Accepted" && found.verbs.includes("*")
    )
  );
}
