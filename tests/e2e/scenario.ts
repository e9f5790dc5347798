import type { Device, Environment } from "./environment.ts";

/** A part of the suite; they run in order, and share the site of {@linkcode Site}. */
export interface Scenario {
  /** What a user sees happen. */
  name: string;
  run(environment: Environment, site: Site): Promise<void>;
}

/** The site that all scenarios find: two devices that run. */
export interface Site {
  readonly workspace: string;
  readonly devices: readonly [Device, Device];
}
