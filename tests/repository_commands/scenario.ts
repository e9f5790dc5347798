import type { World } from "./world.ts";

/**
 * A part of the tests of `faros repository`. They run in order: each finds the
 * fleet as those before it left it.
 */
export interface Scenario {
  /** What a user does. */
  name: string;
  /** @default {false} */
  ignore?: boolean;
  run(world: World): Promise<void>;
}
