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
import {
  createInformer,
  type Informer,
  type InformerEvent,
} from "../informer.ts";
import type { EventNote } from "../events.ts";
import { isAlreadyExists } from "../kube_api_error.ts";
import type { Logger } from "../log.ts";
import type { KubeRestClient } from "../rest_client.ts";
import { listAll, type Source, watchAll } from "./all_workspaces.ts";
import type { ExportEndpoints } from "./export_endpoints.ts";
import { claimedKinds, CLAIMING_EXPORT } from "./exports.ts";
import {
  APIBinding,
  CLUSTER_ANNOTATION,
  complaints,
  type KcpCondition,
} from "./kinds.ts";
import type { WorkspaceIndex } from "./workspace_index.ts";

interface Claim {
  group: string;
  resource: string;
  verbs: string[];
  selector: { matchAll?: boolean };
  state: "Accepted" | "Rejected";
}

/** An APIBinding (apis.kcp.io/v1alpha2). */
export interface Binding extends KubeObject {
  spec: {
    reference: { export: { path?: string; name: string } };
    permissionClaims?: Claim[];
  };
  status?: { phase?: string; conditions?: KcpCondition[] };
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
  for (const name of options.exports) {
    bindingsOf(name, options).on((event) => {
      if (event.type !== "added" && isNews(event)) {
        listener(event.object.metadata.namespace!);
      }
    });
  }
}

/** Follows all bindings of one APIExport, each in the namespace that has its workspace's name. */
export function bindingsOf(
  name: string,
  options: Omit<FollowBindingsOptions, "exports">,
): Informer<Binding> {
  const { log, clock, signal } = options;
  return createInformer<Binding>(
    bindingsClient(name, options),
    APIBinding,
    { log, clock, signal },
  );
}

/** Whether a binding is another now, as far as that matters to the hub. */
export function isNews({ type, object, old }: InformerEvent<Binding>): boolean {
  return type !== "updated" || told(object) !== told(old!);
}

/** Whether a workspace has what it binds. */
export function isBound({ metadata, status }: Binding): boolean {
  return status?.phase === "Bound" && !metadata.deletionTimestamp;
}

/** What of a binding matters to the hub. */
function told({ metadata, spec, status }: Binding): string {
  const { deletionTimestamp } = metadata;
  const { phase, conditions } = status ?? {};
  return JSON.stringify([
    spec,
    deletionTimestamp,
    phase,
    complaints(conditions),
  ]);
}

/** Shows the bindings of one APIExport, each in the namespace that has its workspace's name. */
function bindingsClient(
  name: string,
  { index, endpoints, connect }: Omit<FollowBindingsOptions, "exports">,
): KubeClient {
  const { group, version, plural } = APIBinding;
  const pathIn = (url: string, cluster: string) =>
    `${
      new URL(url).pathname
    }/clusters/${cluster}/apis/${group}/${version}/${plural}`;
  const sources = () =>
    endpoints.of(name).map((url): Source => ({
      id: url,
      rest: connect(new URL(url).origin),
      path: pathIn(url, "*"),
      late: {
        recognized: index.recognized,
        path: (cluster) => pathIn(url, cluster),
      },
      adopt(object) {
        const cluster = object.metadata.annotations?.[CLUSTER_ANNOTATION];
        const namespace = cluster && index.workspaceOf(cluster);
        return namespace
          ? { ...object, metadata: { ...object.metadata, namespace } }
          : undefined;
      },
      isPast: ({ metadata }) =>
        index.isSuperseded(metadata.annotations?.[CLUSTER_ANNOTATION] ?? ""),
    }));
  const performRequest = async (opts: RequestOptions) => {
    await Promise.all([index.synced, endpoints.synced]);
    const now = sources();
    if (!opts.querystring?.has("watch")) return await listAll(now, opts);
    return await watchAll(now, opts, {
      onChange: (listener) => {
        return endpoints.on(() => {
          const ids = (of: Source[]) => of.map(({ id }) => id).join();
          if (ids(sources()) !== ids(now)) listener();
        });
      },
    });
  };
  return new KubeClient({
    performRequest: performRequest as RestClient["performRequest"],
    [Symbol.dispose]: () => {},
  });
}

/** A binding of which something is amiss. */
export interface BindingProblem {
  /** For people. */
  message: string;
  /** Whether it stays so until somebody in the workspace changes something. */
  stays: boolean;
}

/**
 * Sees to it that a workspace binds the exports, all their claims accepted.
 *
 * @param inside A client of the workspace.
 * @returns What is not as it has to be yet; nothing where all is.
 */
export async function ensureBindings(
  inside: KubeClient,
  { path, exports, note }: {
    /** Of the workspace with the exports. */
    path: string;
    exports: readonly string[];
    /** Gets word of what was put back. */
    note: (note: EventNote) => void;
  },
): Promise<BindingProblem | undefined> {
  const { items } = await inside.list<Binding>(APIBinding);
  const problems: BindingProblem[] = [];
  for (const name of exports) {
    const permissionClaims = name === CLAIMING_EXPORT ? acceptedClaims() : [];
    let found = items.find(({ spec }) => isOf(spec, { path, name }));
    if (!found) {
      found = await bind(inside, { path, name, permissionClaims });
      note({
        type: "Warning",
        reason: "BindingMissing",
        message:
          `There was no APIBinding of ${name}: where somebody deleted it, all objects of that API group went with it. It is made anew; what is in Git comes back with the next sync, devices run on as they are and have to join again`,
      });
    } else if (!found.metadata.deletionTimestamp) {
      const missing = permissionClaims.filter((claim) =>
        !isAccepted(found!, claim)
      );
      if (missing.length) {
        found = await inside.update<Binding>(APIBinding, {
          ...found,
          spec: { ...found.spec, permissionClaims },
        }, { fieldManager: HUB_MANAGER });
        note({
          type: "Warning",
          reason: "ClaimsRejected",
          message: `APIBinding ${found.metadata.name} did not accept all of ${
            missing.map((claim) => claim.resource).join(", ")
          }, without which devices cannot be served; they are accepted again`,
        });
      }
    }
    const problem = problemOf(found, { path, name });
    if (problem) problems.push(problem);
  }
  return problems.find(({ stays }) => stays) ?? problems[0];
}

async function bind(
  inside: KubeClient,
  { path, name, permissionClaims }: {
    path: string;
    name: string;
    permissionClaims: Claim[];
  },
): Promise<Binding> {
  try {
    return await inside.create<Binding>(APIBinding, {
      apiVersion: `${APIBinding.group}/${APIBinding.version}`,
      kind: APIBinding.kind,
      metadata: { name },
      spec: { reference: { export: { path, name } }, permissionClaims },
    }, { fieldManager: HUB_MANAGER });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return await inside.get<Binding>(APIBinding, name);
  }
}

function problemOf(
  { metadata, spec, status }: Binding,
  wanted: { path: string; name: string },
): BindingProblem | undefined {
  const { name, deletionTimestamp } = metadata;
  if (!isOf(spec, wanted)) {
    return {
      message:
        `APIBinding ${name} binds another export than ${wanted.name} of ${wanted.path}; delete it, so that Faros's kinds can be there`,
      stays: true,
    };
  }
  const { phase, conditions = [] } = status ?? {};
  const why = complaints(conditions);
  if (deletionTimestamp) {
    return {
      message:
        `APIBinding ${name} is being deleted with all objects of ${spec.reference.export.name}; once it is gone it is made anew${
          why && `; what holds it: ${why}`
        }`,
      stays: false,
    };
  }
  if (phase === "Bound") return undefined;
  const conflict = conditions.some(({ status, reason }) =>
    status === "False" && reason === "NamingConflicts"
  );
  return {
    message: `APIBinding ${name} is not bound yet${why && `: ${why}`}${
      conflict
        ? "; delete what has the name in the workspace, so that Faros's kinds can be there"
        : ""
    }`,
    stays: conflict,
  };
}

function isOf(
  { reference }: Binding["spec"],
  { path, name }: { path: string; name: string },
): boolean {
  return reference.export.name === name && reference.export.path === path;
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

function isAccepted({ spec }: Binding, claim: Claim): boolean {
  return !!spec.permissionClaims?.some((found) =>
    found.group === claim.group && found.resource === claim.resource &&
    found.state === "Accepted" && found.verbs.includes("*") &&
    found.selector.matchAll
  );
}
