import type { Repository } from "../../api/repository.ts";
import type { Environment } from "../gitops/environment.ts";
import type { Site } from "./site.ts";

/** A part of the tests of what a sync deletes; each has a site of its own. */
export interface Scenario {
  /** What a user sees happen. */
  name: string;
  /** Of the site's Repository, beside where it is. */
  spec?: Partial<Repository["spec"]>;
  run(site: Site, env: Environment): Promise<void>;
}
