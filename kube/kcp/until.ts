import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Resource } from "../resource.ts";
import { complaints, type KcpCondition } from "./kinds.ts";

/** Waits until an object of kcp's is as it has to be. @throws where it takes too long, with what kcp says of it */
export async function until<
  T extends KubeObject & {
    status?: { phase?: string; conditions?: KcpCondition[] };
  },
>(
  resource: Resource,
  name: string,
  options: {
    client: KubeClient;
    test: (object: T) => boolean;
    /** The workspace that it is in: `root:faros`. */
    path: string;
    /** In milliseconds. @default {60000} */
    timeout?: number;
    clock?: Clock;
    signal?: AbortSignal;
  },
): Promise<T> {
  const { client, test, timeout = 60_000, signal } = options;
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + timeout;
  while (true) {
    const found = await client.get<T>(resource, name, { signal });
    if (test(found)) return found;
    if (clock.now() > deadline) {
      const { phase, conditions } = found.status ?? {};
      const why = [phase, complaints(conditions)].filter(Boolean).join("; ");
      throw new Error(
        `Cannot make ${options.path} ready: ${resource.kind} ${name} is not after ${
          timeout / 1000
        } s${why && `: ${why}`}`,
      );
    }
    await clock.sleep(100, signal);
  }
}
