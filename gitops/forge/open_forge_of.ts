import type { Repository } from "../../api/repository.ts";
import type { Clock, KubeClient } from "../../kube/mod.ts";
import type { Counters } from "../counters.ts";
import { readSystemSecret } from "../repository/read_secret.ts";
import type { Forge } from "./forge.ts";
import { openForge } from "./open_forge.ts";

/** Name of the metric of requests to forges. */
export const FORGE_REQUESTS = "faros_forge_requests_total";

/** Opens the forge of a Repository with its Secrets, and counts what is asked of it. @throws {ForgeError} */
export async function openForgeOf(
  repository: Repository,
  options: {
    client: KubeClient;
    counters: Counters;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<Forge & Disposable> {
  const { client, counters, clock, signal } = options;
  const { forge, proxySecretRef } = repository.spec;
  const secret = (ref: { name: string } | undefined) =>
    ref && readSystemSecret(ref.name, { client, signal });
  const { type } = forge!;
  return await openForge(repository, {
    secret: await secret(forge!.secretRef),
    proxySecret: await secret(proxySecretRef),
    signal,
    onRequest: (code) =>
      counters.add(FORGE_REQUESTS, { type, code: String(code ?? "none") }),
    now: () => clock.now(),
  });
}
