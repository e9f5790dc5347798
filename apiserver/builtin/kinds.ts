/**
 * Every built-in kind. To add one: its schema in `generate.ts`, a file beside
 * this one, a line here.
 *
 * @module
 */
import type { ResourceDefinition } from "../types.ts";
import { configMap } from "./config_map.ts";
import type { BuiltinDeps } from "./define.ts";
import { coreEvent, eventsEvent } from "./event.ts";
import { lease } from "./lease.ts";
import { limitRange } from "./limit_range.ts";
import { namespace } from "./namespace.ts";
import { rbac } from "./rbac.ts";
import { resourceQuota } from "./resource_quota.ts";
import { reviews } from "./reviews.ts";
import { secret } from "./secret.ts";
import { serviceAccount } from "./service_account.ts";

export type { BuiltinDeps };

/** The resources that the server has without any CustomResourceDefinition. */
export function builtinDefinitions(deps: BuiltinDeps): ResourceDefinition[] {
  const context = { now: deps.now ?? (() => new Date()) };
  return [
    configMap(context),
    coreEvent(context),
    limitRange(),
    namespace(context),
    resourceQuota(context),
    secret(context),
    serviceAccount(deps, context),
    eventsEvent(context),
    lease(context),
    ...rbac(deps, context),
    ...reviews(deps),
  ];
}
