/**
 * Writes the answers of the kube-apiserver of `KUBEBUILDER_ASSETS` into
 * `recorded/`: `deno task kubectl:record [SCENARIO...]`.
 *
 * @module
 */
import { kubeApiserverMissing } from "../engines/kube_apiserver.ts";
import { readScenarios, record, runOnKubeApiserver } from "./suite.ts";

const answers = await runOnKubeApiserver(await readScenarios(Deno.args));
if (!answers) {
  throw new Error(`Cannot record answers: ${kubeApiserverMissing()}`);
}
await record(answers);
console.log(`recorded ${[...answers.keys()].join(", ")}`);
