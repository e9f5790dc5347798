/**
 * What Argo CD has to know of Faros's kinds, as files.
 *
 * @module
 */
import { stringify } from "yaml";
import type { Kind } from "../../api/kind.ts";
import { Repository } from "../../api/repository.ts";
import { AGENT_MANAGER, HUB_MANAGER } from "../../api/names.ts";
import type { Files } from "./files.ts";

/** Kinds that nobody keeps in Git: hub and devices make and drop them. */
const MADE_BY_FAROS = ["Enrollment", "Revision"];

/**
 * The health of an object of Faros, as Argo CD asks for it (Lua 5.1, as
 * gopher-lua has it): by the conditions of kstatus.
 *
 * It uses nothing of Lua's libraries but what Argo CD gives to all scripts.
 * One for all kinds, by a wildcard, so that those that plugins bring are in it,
 * too; what of these has no conditions is healthy as soon as it is there.
 */
export function healthScript(kinds: readonly Kind[]): string {
  const reported = kinds.filter((kind) => kind.status);
  return `-- Kinds of which the hub tells how they are: without a word of it they are not yet.
local reported = {
${
    reported.map((kind) => `  ["${kind.apiVersion}/${kind.kind}"] = true,`)
      .join(
        "\n",
      )
  }
}
local function health(status, message)
  return { status = status, message = message or "" }
end
local name = obj.apiVersion .. "/" .. obj.kind
local metadata = obj.metadata or {}
local spec = obj.spec or {}
local status = obj.status or {}
if metadata.deletionTimestamp ~= nil then
  return health("Progressing", "Being deleted")
end
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local function isTrue(type)
  return conditions[type] ~= nil and conditions[type].status == "True"
end
local ready = conditions["Ready"]
local generation = metadata.generation
local observed = status.observedGeneration
if ready ~= nil and observed == nil then
  observed = ready.observedGeneration
end
if generation ~= nil and observed ~= nil and observed < generation then
  return health("Progressing", "The hub has not looked at the newest generation yet")
end
if name == "${Repository.apiVersion}/Repository" and spec.suspend == true then
  return health("Suspended", "Nothing is fetched, applied or put back")
end
if isTrue("Stalled") then
  return health("Degraded", conditions["Stalled"].message)
end
if isTrue("Reconciling") then
  return health("Progressing", conditions["Reconciling"].message)
end
if ready == nil then
  if reported[name] then
    return health("Progressing", "The hub has not looked at it yet")
  end
  return health("Healthy")
end
if ready.status == "True" then
  return health("Healthy", ready.message)
end
return health("Progressing", ready.message)
`;
}

/** For `argocd-cm`: health, what is compared, and what is left out. */
export function argocdConfig(kinds: readonly Kind[]): Record<string, string> {
  const groups = kinds.filter((kind) => MADE_BY_FAROS.includes(kind.kind));
  return {
    "resource.customizations": yaml({
      "*.faros.sh/*": {
        "health.lua": healthScript(kinds),
        ignoreDifferences: yaml({
          jsonPointers: ["/status"],
          managedFieldsManagers: [HUB_MANAGER, AGENT_MANAGER],
        }),
      },
    }),
    "resource.exclusions": yaml([
      {
        apiGroups: [...new Set(groups.map((kind) => kind.group))],
        kinds: groups.map((kind) => kind.kind),
        clusters: ["*"],
      },
      // One a device, renewed every few seconds.
      {
        apiGroups: ["coordination.k8s.io"],
        kinds: ["Lease"],
        clusters: ["*"],
      },
    ]),
  };
}

/** A patch of Argo CD's ConfigMap. */
export function argocdFiles(kinds: readonly Kind[]): Files {
  return {
    "argocd-cm.yaml":
      `# kubectl patch configmap argocd-cm -n argocd --patch-file argocd-cm.yaml
# What is under these keys already has to be merged with it by hand.
${
        yaml({
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "argocd-cm", namespace: "argocd" },
          data: argocdConfig(kinds),
        })
      }`,
  };
}

function yaml(value: unknown): string {
  return stringify(value, {
    lineWidth: 0,
    compat: "yaml-1.1",
    blockQuote: "literal",
  });
}
