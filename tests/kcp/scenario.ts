import type { KcpEnvironment } from "./environment.ts";

/** A part of the tests of the hub on kcp. */
export interface Scenario {
  /** What a user sees happen. */
  name: string;
  run(environment: KcpEnvironment): Promise<void>;
}
