import { findKubectl } from "../e2e/kubectl.ts";

/** The programs that the specs run with. */
export interface Programs {
  e2eTest: string;
  kubectl: string;
}

/** Finds the programs, or says which is missing. */
export function findPrograms(): Programs | { missing: string } {
  const e2eTest = Deno.env.get("KUBE_E2E_TEST");
  if (!e2eTest) {
    return {
      missing: "KUBE_E2E_TEST is not set (the e2e.test of Kubernetes 1.37)",
    };
  }
  const kubectl = findKubectl();
  if (!kubectl) {
    return { missing: "there is no kubectl on PATH or in KUBEBUILDER_ASSETS" };
  }
  return { e2eTest, kubectl };
}
