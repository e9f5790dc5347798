/**
 * Kubernetes client pieces: REST client, kubeconfig, informers, work queue and
 * reconciler, server-side apply of status, Leases, Events, conditions.
 *
 * @module
 */
export * from "./atomic_file.ts";
export * from "./backoff.ts";
export * from "./client.ts";
export * from "./client_options.ts";
export * from "./clock.ts";
export * from "./cluster_config.ts";
export * from "./compare_schemas.ts";
export * from "./conditions.ts";
export * from "./contract.ts";
export * from "./discovery.ts";
export * from "./events.ts";
export * from "./informer.ts";
export * from "./informer_factory.ts";
export * from "./kube_api_error.ts";
export * from "./kubeconfig.ts";
export * from "./kcp/open_kcp.ts";
export * from "./leader_election.ts";
export * from "./lease.ts";
export * from "./namespace_workspaces.ts";
export * from "./log.ts";
export * from "./owned_fields.ts";
export * from "./plugin_kinds.ts";
export * from "./reconciler.ts";
export * from "./renew_lease.ts";
export * from "./resource.ts";
export * from "./rest_client.ts";
export * from "./rest_client_options.ts";
export * from "./status.ts";
export * from "./watch.ts";
export * from "./work_queue.ts";
export * from "./workspace_place.ts";
export * from "./workspace_provider.ts";
export { LinkedSignal } from "./linked_signal.ts";
export type { AccessAnswer, AccessReview } from "./access_review.ts";
export type { CreatedToken, CreateTokenOptions } from "./create_token.ts";
export type { TokenReviewOptions, TokenReviewStatus } from "./token_review.ts";
