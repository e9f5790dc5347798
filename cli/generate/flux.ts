/**
 * What Flux has to know of Faros's kinds, as files.
 *
 * @module
 */
import { stringify } from "yaml";
import type { Kind } from "../../api/kind.ts";
import type { Files } from "./files.ts";

/** An entry of `spec.healthCheckExprs` of a Flux Kustomization, in CEL. */
export interface HealthCheck {
  apiVersion: string;
  kind: string;
  inProgress: string;
  failed: string;
  current: string;
}

const is = (type: string) =>
  `has(status.conditions) && status.conditions.exists(c, c.type == '${type}' && c.status == 'True')`;

/**
 * Health by the conditions of kstatus. Flux itself compares
 * `status.observedGeneration`, asks these in order, and takes what none of them
 * is true of, or may be asked of, for one in progress. Unlike without them, an
 * object is not current before the hub has said a word of it.
 */
export function healthChecks(kinds: readonly Kind[]): HealthCheck[] {
  return kinds.filter((kind) => kind.status).map((kind) => {
    const reconciling = is("Reconciling");
    const stalled = is("Stalled");
    const ready = is("Ready");
    const { apiVersion, kind: name } = kind;
    if (kind.group !== "gitops.faros.sh") {
      return {
        apiVersion,
        kind: name,
        inProgress: reconciling,
        failed: stalled,
        current: ready,
      };
    }
    // It is as it was asked to be, whatever it was before.
    const suspended = "has(spec.suspend) && spec.suspend";
    return {
      apiVersion,
      kind: name,
      inProgress: `!(${suspended}) && ${reconciling}`,
      failed: `!(${suspended}) && ${stalled}`,
      current: `(${suspended}) || (${ready})`,
    };
  });
}

/** A patch of any Kustomization of Flux: named, it would be of one alone. */
export function fluxFiles(kinds: readonly Kind[]): Files {
  const patch = { spec: { healthCheckExprs: healthChecks(kinds) } };
  return {
    "health_checks.yaml":
      `# kubectl patch kustomization NAME -n flux-system --type merge --patch-file health_checks.yaml
# Or put spec.healthCheckExprs into the Kustomizations that apply Faros's kinds.
${stringify(patch, { lineWidth: 0, compat: "yaml-1.1" })}`,
  };
}
