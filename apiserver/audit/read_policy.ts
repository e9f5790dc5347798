import { parse } from "yaml";
import { z } from "zod";
import { LEVELS, type Policy, STAGES } from "./policy.ts";

const Names = z.array(z.string()).optional();
const Stages = z.array(z.enum(STAGES)).optional();

const Schema = z.strictObject({
  apiVersion: z.literal("audit.k8s.io/v1"),
  kind: z.literal("Policy"),
  metadata: z.record(z.string(), z.unknown()).optional(),
  omitStages: Stages,
  omitManagedFields: z.boolean().optional(),
  rules: z.array(
    z.strictObject({
      level: z.enum(LEVELS),
      users: Names,
      userGroups: Names,
      verbs: Names,
      resources: z.array(z.strictObject({
        group: z.string().optional(),
        resources: Names,
        resourceNames: Names,
      })).optional(),
      namespaces: Names,
      nonResourceURLs: Names,
      omitStages: Stages,
      omitManagedFields: z.boolean().optional(),
    }).refine(
      (rule) =>
        !(rule.nonResourceURLs?.length &&
          (rule.resources?.length || rule.namespaces?.length)),
      "a rule has either nonResourceURLs or resources and namespaces",
    ),
  ).min(1),
});

/**
 * Reads a Policy of `audit.k8s.io/v1` (YAML or JSON).
 *
 * @param source Where it is from, for errors.
 * @throws Error that names each field that is not as it has to be
 */
export function readPolicy(text: string, source: string): Policy {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(
      `Cannot read the audit policy ${source}: ${(error as Error).message}`,
    );
  }
  const parsed = Schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    `${path.length ? path.join(".") : "it"}: ${message}`
  );
  throw new Error(
    `Cannot read the audit policy ${source}: ${problems.join("; ")}`,
  );
}
