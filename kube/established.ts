import { CustomResourceDefinition } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";

/** A CustomResourceDefinition, with what its server says of it. */
export interface EstablishedDefinition extends KubeObject {
  status?: {
    conditions?: { type: string; status: string; message?: string }[];
  };
}

/** The server does not accept the names of a CustomResourceDefinition. */
export class NamesRefused extends Error {
  override name = "NamesRefused";
}

/**
 * Waits until a server serves the kind of a CustomResourceDefinition.
 *
 * @param crd As it was read last.
 * @throws NamesRefused
 * @throws where it takes too long
 */
export async function established(
  client: KubeClient,
  crd: EstablishedDefinition,
  options: {
    clock?: Clock;
    /** In milliseconds. @default {60000} */
    timeout?: number;
    signal?: AbortSignal;
  } = {},
): Promise<void> {
  const { clock = systemClock, timeout = 60_000, signal } = options;
  const { name } = crd.metadata;
  const deadline = clock.now() + timeout;
  let found = crd;
  while (true) {
    const conditions = found.status?.conditions ?? [];
    const refused = conditions.find((c) =>
      c.type === "NamesAccepted" && c.status === "False"
    );
    if (refused) {
      throw new NamesRefused(
        `Cannot install ${name}: the server does not accept its names: ${refused.message}`,
      );
    }
    if (
      conditions.some((c) => c.type === "Established" && c.status === "True")
    ) {
      return;
    }
    if (clock.now() > deadline) {
      throw new Error(
        `Cannot install ${name}: the server does not serve it after ${
          timeout / 1000
        } s; its conditions: ${JSON.stringify(conditions)}`,
      );
    }
    await clock.sleep(50, signal);
    found = await client.get<EstablishedDefinition>(
      CustomResourceDefinition,
      name,
      { signal },
    );
  }
}
