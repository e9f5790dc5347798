import { applyRandomStates } from "../../gitops/random_states.ts";
import type { Scenario } from "../scenario.ts";

export const randomStates: Scenario = {
  name:
    "random states of a repository are applied exactly, and nothing is left to plan",
  async run(environment) {
    const client = await environment.workspace("site-random");
    await applyRandomStates({ client, namespace: "default" }, { rounds: 3 });
  },
};
