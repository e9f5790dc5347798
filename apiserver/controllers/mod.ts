/**
 * The server's own controllers: what kube-controller-manager does for the
 * kinds that are here.
 *
 * @module
 */
import type { ServiceAccountTokens } from "../authentication/service_account_tokens.ts";
import { StatusError } from "../errors.ts";
import type { InternalClient, ResourceDefinition } from "../types.ts";
import { bootstrap, type DefaultPolicy } from "./bootstrap.ts";
import { clusterRoleAggregation } from "./cluster_role_aggregation.ts";
import {
  type Controller,
  type ControllerContext,
  hasReason,
} from "./controller.ts";
import { eventTtl } from "./event_ttl.ts";
import { garbageCollector } from "./garbage_collector.ts";
import { defaultServiceAccount, rootCaPublisher } from "./namespace_content.ts";
import { namespaceTermination } from "./namespace_termination.ts";
import { KeyedQueue } from "./queue.ts";
import { quotaStatus } from "./quota_status.ts";
import { tokenSecrets } from "./token_secrets.ts";

const HOUR = 60 * 60 * 1000;

/** Options of {@linkcode startControllers}. */
export interface ControllersOptions {
  /** Every resource that is served at the moment, custom ones included. */
  resources: () => ResourceDefinition[];
  /** Ends them all. */
  signal: AbortSignal;
  /** Signs the tokens of token Secrets; without it they stay empty. */
  tokens?: ServiceAccountTokens;
  /** PEM of the CA, for `kube-root-ca.crt` and token Secrets. */
  ca?: string;
  /** Roles and bindings to make beside those of what is always served. */
  policy?: DefaultPolicy;
  /** Milliseconds after which Events are forgotten. Default one hour. */
  eventTtl?: number;
  now?: () => Date;
  /** Told of failures, which are tried again. Default: console.error. */
  onError?: (failure: {
    controller: string;
    key: string;
    error: unknown;
  }) => void;
}

/** Running controllers. */
export interface Controllers {
  /** Resolves after `signal`, when the last write is done. */
  stopped: Promise<void>;
}

/** Makes what every cluster has, then keeps things right until `signal`. Resolves when the former is there. */
export async function startControllers(
  client: InternalClient,
  options: ControllersOptions,
): Promise<Controllers> {
  const { signal, resources, tokens, ca, now = () => new Date() } = options;
  const { onError = report } = options;
  await bootstrap(client, options.policy);
  const context: ControllerContext = {
    client,
    reader: client.reader,
    now,
    resources,
  };
  const controllers: Controller[] = [
    namespaceTermination(context),
    garbageCollector(context),
    clusterRoleAggregation(context),
    defaultServiceAccount(context),
    quotaStatus(context),
    eventTtl(context, { ttl: options.eventTtl ?? HOUR }),
  ];
  if (ca) controllers.push(rootCaPublisher(context, { ca }));
  if (tokens) {
    controllers.push(tokenSecrets(context, { tokens, ca: ca ?? "" }));
  }
  const running = controllers.map((controller) => ({
    controller,
    queue: new KeyedQueue((key) => controller.reconcile(key), {
      signal,
      onError(key, error) {
        if (isOvertaken(error) || signal.aborted) return;
        onError({ controller: controller.name, key, error });
      },
    }),
  }));
  // First follow, then look at what is there: nothing falls in between.
  const unsubscribe = client.subscribe((change) => {
    for (const { controller, queue } of running) {
      for (const key of controller.affected(change)) queue.add(key);
    }
  });
  for (const { controller, queue } of running) {
    for (const key of controller.initial()) queue.add(key);
  }
  const stopped = new Promise<void>((resolve) => {
    const stop = async () => {
      unsubscribe();
      await Promise.all(running.map(({ queue }) => queue.settled()));
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return { stopped };
}

/** Whether somebody was faster: the next attempt reads the state anew. */
function isOvertaken(error: unknown): boolean {
  if (hasReason(error, "Conflict", "NotFound")) return true;
  if (!(error instanceof StatusError)) return false;
  const causes = error.details?.causes as { reason?: string }[] | undefined;
  return causes?.[0]?.reason === "NamespaceTerminating";
}

function report(
  { controller, key, error }: {
    controller: string;
    key: string;
    error: unknown;
  },
): void {
  console.error(JSON.stringify({
    level: "error",
    message: "Controller failed and will try again",
    controller,
    key,
    error: error instanceof Error ? error.message : String(error),
  }));
}
