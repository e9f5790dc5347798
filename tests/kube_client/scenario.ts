import type { KubeClient } from "../../kube/client.ts";

/** An API server that the client is tried on. */
export interface Server {
  url: string;
  adminToken: string;
  caData: string;
}

/** A part of the tests of the client; each has objects of its own. */
export interface Scenario {
  /** What a user of the client sees happen. */
  name: string;
  /** @param client as an administrator, with the default namespace `default` */
  run(client: KubeClient, server: Server): Promise<void>;
}
