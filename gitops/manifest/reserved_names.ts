/**
 * Names of what the hub makes by itself.
 *
 * @module
 */
import { kinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYNC_SERVICE_ACCOUNT, SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Part } from "./layout.ts";

interface Reserved {
  kinds: string[];
  name: RegExp;
  /** What the hub needs the name for. */
  use: string;
}

const IN_WORKSPACE: Reserved[] = [
  {
    kinds: ["Role", "RoleBinding"],
    name: /^faros:/,
    use: "what members and Git may do here",
  },
  {
    kinds: ["ServiceAccount"],
    name: new RegExp(`^${SYNC_SERVICE_ACCOUNT}$`),
    use: "the identity that this folder is applied as",
  },
  {
    kinds: ["ServiceAccount", "Role", "RoleBinding"],
    name: /^agent-/,
    use: "the identities of devices",
  },
  {
    kinds: ["ServiceAccount", "Role", "RoleBinding", "Secret"],
    name: /^join-/,
    use: "the join credentials of Registrations",
  },
  {
    kinds: ["Secret"],
    name: /^faros-config-/,
    use: "secrets in the configs of plugins",
  },
];

const IN_ROOT: Reserved[] = [
  {
    kinds: ["ClusterRole", "ClusterRoleBinding"],
    name: /^faros:/,
    use: "what members may do",
  },
  {
    kinds: ["CustomResourceDefinition"],
    name: new RegExp(
      `^(${
        kinds.map(({ plural, group }) =>
          `${plural}.${group}`.replaceAll(".", "\\.")
        ).join("|")
      })$`,
    ),
    use: "its own kinds, which it installs",
  },
  {
    kinds: ["Namespace"],
    name: new RegExp(`^${SYSTEM_NAMESPACE}$`),
    use: "its own objects",
  },
  {
    kinds: ["Secret"],
    name: /^faros-hub-/,
    use: "its keys",
  },
  {
    kinds: ["ConfigMap"],
    name: /^artifact-sha256-/,
    use: "the code of its own plugins",
  },
];

/** What the hub needs an object's name for, if it does: a manifest must not take it. */
export function reservedFor(
  { kind, metadata }: KubeObject,
  part: Part,
): string | undefined {
  const reserved = part.scope === "workspace" ? IN_WORKSPACE : IN_ROOT;
  return reserved.find((r) =>
    r.kinds.includes(kind) && r.name.test(String(metadata?.name))
  )?.use;
}
