/**
 * Names that hub, gitops and agent agree on.
 *
 * @module
 */

/** Namespace of the hub's own objects: keys, Repository Secrets, Leases. */
export const SYSTEM_NAMESPACE = "faros-system";
/** ServiceAccount, in each workspace, that the workspace's folder is applied as. */
export const SYNC_SERVICE_ACCOUNT = "faros-sync";
/** Field managers (server-side apply). */
export const HUB_MANAGER = "faros-hub";
export const AGENT_MANAGER = "faros-agent";
export const GITOPS_MANAGER = "faros-gitops";
/** Of what a Repository's status says of its forge. */
export const FORGE_MANAGER = "faros-forge";
/** Of what a Repository's status says of pull requests. */
export const PULL_REQUESTS_MANAGER = "faros-pull-requests";
/** Label on a workspace's namespace: name of its Workspace. */
export const WORKSPACE_LABEL = "tenancy.faros.sh/workspace";
/** Labels on objects that the hub makes for others. */
export const MANAGED_LABELS = { "app.kubernetes.io/managed-by": "faros" };
/** Label on what makes a plugin's kinds be served: name of the Plugin. */
export const PLUGIN_LABEL = "plugins.faros.sh/plugin";
/** Annotation on applied objects: the commit that changed them last; no reason to write by itself. */
export const COMMIT_ANNOTATION = "gitops.faros.sh/commit";
/** Annotation on applied objects: `file:line` that they stand at in that commit, from the Repository's `spec.path`. */
export const SOURCE_ANNOTATION = "gitops.faros.sh/source";
/** Annotations that tell what an object was applied from: written with what changes, and no change themselves. */
export const ORIGIN_ANNOTATIONS: readonly string[] = [
  COMMIT_ANNOTATION,
  SOURCE_ANNOTATION,
];
/** Annotation on a Repository: any new value asks for a sync now. */
export const REQUESTED_AT_ANNOTATION = "reconcile.faros.sh/requestedAt";
/** Annotation on a Repository: any new value asks for a look for commits now. The hub writes it when a webhook comes. */
export const FETCH_REQUESTED_ANNOTATION = "gitops.faros.sh/fetchRequestedAt";
/**
 * Annotation on an Agent, or a Workspace with Agents, that left its repository:
 * when it is deleted (RFC 3339). Until then its devices keep what they run.
 */
export const DELETE_AFTER_ANNOTATION = "gitops.faros.sh/delete-after";
/** Annotation on a Repository: tokens of removals, as its status shows them, that may go on. */
export const APPROVE_ANNOTATION = "reconcile.faros.sh/approve";
/** Annotation on a Repository: any new value asks for a look at its pull requests now. The hub writes it when a webhook comes. */
export const PULL_REQUESTS_REQUESTED_ANNOTATION =
  "gitops.faros.sh/pullRequestsRequestedAt";
/** Label of members of an apply set (KEP-3659). */
export const APPLYSET_LABEL = "applyset.kubernetes.io/part-of";
/** First segment of the hub's own HTTP API. */
export const HUB_API = "/faros.sh/api/v1alpha1";
/** Name of the extension that a join kubeconfig's context has. */
export const KUBECONFIG_EXTENSION = "faros.sh/agent";
