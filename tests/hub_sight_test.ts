/**
 * What a hub does while it does not see everything: on kcp, where a shard's objects are out of its sight for a while,
 * those of one kind earlier than those of another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { ServiceAccount } from "../api/core.ts";
import { Enrollment } from "../api/enrollment.ts";
import { Registration } from "../api/registration.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { KubeClient } from "../kube/client.ts";
import type { RequestOptions, RestClient } from "../kube/contract.ts";
import { KubeApiError } from "../kube/kube_api_error.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { TestDevice } from "./hub/device.ts";
import { condition, HubEnvironment } from "./hub/environment.ts";

const NAMESPACE = "plant";
const scope = { namespace: NAMESPACE };

/** Lists and watches of all namespaces show nothing of some resources. */
class Sight {
  readonly rest: RestClient;
  readonly #hidden = new Set<string>();
  #changed = new AbortController();

  constructor(rest: RestClient) {
    const performRequest = (opts: RequestOptions) => {
      const [, plural] = /^\/apis\/[^/]+\/[^/]+\/([^/]+)$/.exec(opts.path) ??
        [];
      if (opts.method !== "GET" || !plural) return rest.performRequest(opts);
      const querystring = new URLSearchParams(opts.querystring);
      if (this.#hidden.has(plural)) {
        querystring.set("fieldSelector", "metadata.name=out-of-sight");
      }
      const signals = [opts.abortSignal, this.#changed.signal];
      const abortSignal = AbortSignal.any(signals.filter((s) => !!s));
      return rest.performRequest({ ...opts, querystring, abortSignal });
    };
    this.rest = {
      performRequest: performRequest as RestClient["performRequest"],
      [Symbol.dispose]: () => {},
    };
  }

  /** Hides resources, and shows all others; whoever follows one lists it anew. */
  hide(...plurals: string[]): void {
    this.#hidden.clear();
    for (const plural of plurals) this.#hidden.add(plural);
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort(new KubeApiError({ code: 410, reason: "Expired" }));
  }
}

Deno.test("a hub that does not see everything for a while takes nothing from a device", async () => {
  const server = await startApiServer();
  const { url, caData, adminToken: token } = server;
  using rest = createRestClient({ server: url, caData, token });
  const sight = new Sight(rest);
  await using environment = await HubEnvironment.start({
    name: "embedded",
    start: () => Promise.resolve(server),
  }, {
    client: new KubeClient(sight.rest),
    // An Enrollment that is an orphan goes at once.
    enrollmentLimits: { waiting: 0 },
  });
  const { client } = environment;
  await environment.workspace(NAMESPACE);
  await environment.create(Registration, "line", scope);
  const line = { ...scope, name: "line" };
  await environment.until(Registration, line, "is Ready", condition("Ready"));
  const device = await TestDevice.make();
  const join = await environment.secret(NAMESPACE, "join-line");
  using joining = environment.as(join.token!);
  await device.enroll(joining, {
    namespace: NAMESPACE,
    agent: "press-1",
    registration: "line",
    token: join.token!,
  });
  const enrollment = { ...scope, name: device.id };
  const { status } = await environment.until<Enrollment>(
    Enrollment,
    enrollment,
    "has a credential",
    ({ status }) => status?.credential,
  );
  const credential = await device.decrypt(status!.credential!);
  using itself = environment.as(credential.token);
  const account = async () =>
    (await client.get(ServiceAccount, "agent-press-1", scope)).metadata.uid;
  const before = await account();
  const enrolled = (is: boolean) =>
    environment.untilAgent(
      NAMESPACE,
      "press-1",
      `is ${is ? "" : "not "}enrolled`,
      ({ status }) =>
        status?.conditions?.some(({ type, status }) =>
          type === "Enrolled" && status === (is ? "True" : "False")
        ),
    );
  const seen = async (plural: string) => {
    const answer = await fetch(`${environment.hub.url}/metrics`);
    const line = (await answer.text()).split("\n").find((line) =>
      line.startsWith("faros_informer_objects{") &&
      line.includes(`resource="${plural}"`)
    );
    return Number(line?.split(" ").at(-1));
  };
  await enrolled(true);

  sight.hide("enrollments");
  await enrolled(false);
  assert.equal(await account(), before);
  sight.hide();
  await enrolled(true);

  // In the order in which the Enrollment looks like an orphan's.
  for (const hidden of [["agents"], ["agents", "registrations"]]) {
    sight.hide(...hidden);
    await eventually(async () => await seen(hidden.at(-1)!) === 0, {
      timeout: 60_000,
      what: `the hub saw no ${hidden.at(-1)}`,
    });
  }
  // What comes later in the same queues has been looked at when it shows.
  sight.hide();
  await environment.create(Agent, "press-2", scope);
  await environment.untilAgent(
    NAMESPACE,
    "press-2",
    "was looked at",
    ({ status }) => status?.observedGeneration,
  );
  await enrolled(true);
  assert.equal(await account(), before);
  await client.get(Enrollment, device.id, scope);
  await itself.get(Agent, "press-1", scope);
});
