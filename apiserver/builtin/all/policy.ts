/**
 * The default policy of Kubernetes that is about `--builtins all`, as a real kube-apiserver has it: roles and bindings
 * of its controllers, scheduler and nodes.
 *
 * @module
 */
import type { DefaultPolicy } from "../../controllers/bootstrap.ts";
import published from "./policy.json" with { type: "json" };

/** Roles and bindings beside those of `controllers/bootstrap_policy.json`. */
export const allPolicy = published as unknown as DefaultPolicy;
