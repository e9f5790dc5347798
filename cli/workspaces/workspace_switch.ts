import { kcpPath } from "../../kube/kcp/path.ts";
import type { WorkspacePlace } from "../../kube/workspace_place.ts";
import type { KubeconfigFiles } from "./kubeconfig_files.ts";
import { namespaceSwitch } from "./namespace_switch.ts";
import { serverSwitch } from "./server_switch.ts";

/** How a kubeconfig goes from one workspace to another, so that kubectl goes along. */
export interface WorkspaceSwitch {
  /** Where it is; undefined where that is no workspace. */
  readonly current: string | undefined;
  /** Goes to a workspace. @returns where it is now, and by which context */
  goTo(place: WorkspacePlace): Arrival;
  /** Goes to where it was before. @throws where it was nowhere else */
  goBack(): Arrival;
}

/** Where a kubeconfig has come to. */
export interface Arrival {
  workspace: string;
  context: string;
}

/**
 * The way of a kubeconfig's current context: by its namespace, or, where it
 * leads to a workspace of kcp, by the URL of its server. To go somewhere, inside
 * of {@linkcode KubeconfigFiles.change}.
 */
export function workspaceSwitch(files: KubeconfigFiles): WorkspaceSwitch {
  const context = files.get("contexts", files.contextName);
  const cluster = context.value.get("cluster");
  const server = typeof cluster === "string"
    ? files.find("clusters", cluster)?.value.get("server")
    : undefined;
  return typeof server === "string" && kcpPath(server) !== undefined
    ? serverSwitch(files)
    : namespaceSwitch(files);
}
