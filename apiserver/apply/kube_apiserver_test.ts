import assert from "node:assert/strict";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "../../tests/engines/kube_apiserver.ts";
import { startApiServer } from "../mod.ts";
import type { Json, JsonObject } from "../types.ts";
import { type Choices, choices } from "../../tests/apply/choices.ts";
import { comparable, isNullBug } from "../../tests/apply/comparable.ts";
import { definitions, kinds } from "../../tests/apply/kinds.ts";
import {
  type Known,
  nextRequest,
  type WriteRequest,
} from "../../tests/apply/requests.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GROUP = "/apis/t.example.com";
/** Objects, and requests for each; more of them from another seed find what these do not. */
const HISTORIES = Number(Deno.env.get("FAROS_APPLY_HISTORIES") ?? 60);
const ROUNDS = 8;
const SEED = Number(Deno.env.get("FAROS_APPLY_SEED") ?? 1);

/** One request to kube-apiserver and to the embedded server, in this order. */
type Send = (request: {
  method: string;
  path: string;
  type?: string;
  bodies?: Json[];
}) => Promise<JsonObject[]>;

/** What becomes of one object. */
interface History extends Known {
  choose: Choices;
  log: string[];
  /** The object on each server; nothing where there is none. */
  states: JsonObject[] | undefined;
  /** Requests are sent a second time now and then: most change nothing then. */
  last?: WriteRequest;
  over: boolean;
}

function begin(seed: number): History {
  const choose = choices(seed);
  // Half of them have every sort of field.
  const kind = seed % 2 ? kinds[0]! : kinds[seed / 2 % kinds.length]!;
  return {
    choose,
    kind,
    name: `object-${seed}`,
    state: undefined,
    states: undefined,
    applied: new Map(),
    log: [`seed ${seed}`],
    over: false,
  };
}

/** Sends the next request of a history, and compares answers, states, and whether anything was written. */
async function go(
  history: History,
  { send, roundOf }: { send: Send; roundOf: (time: string) => number },
): Promise<void> {
  const { choose, states, last } = history;
  const again = last && choose.maybe(.15);
  const request = again ? last : nextRequest(choose, history);
  history.log.push(again ? "the same again" : request.operation);
  history.last = request.method === "PATCH" ? request : undefined;
  const { method, path, type } = request;
  const bodies = request.body && [0, 1].map((i) => request.body!(states?.[i]));
  const [theirs, ours] = await send({ method, path, type, bodies });
  if (isNullBug(theirs!, ours!)) return void (history.over = true);
  const told = history.log.join("\n");
  const same = (a: JsonObject[]) =>
    assert.equal(comparable(a[1]!, roundOf), comparable(a[0]!, roundOf), told);
  same([theirs!, ours!]);
  const now = await send({
    method: "GET",
    path: path.split(/[?]|\/status/)[0]!,
  });
  if (request.method === "POST") {
    now.splice(
      0,
      2,
      ...await send({
        method: "GET",
        path: `${path.split("?")[0]}/${history.name}`,
      }),
    );
  }
  same(now);
  const there = now[0]!.kind === history.kind.kind;
  if (there && states) {
    const versionOf = ({ metadata }: JsonObject) =>
      (metadata as JsonObject).resourceVersion;
    const [they, we] = now.map((state, i) =>
      versionOf(state) !== versionOf(states[i]!)
    );
    assert.equal(we, they, `whether it was written\n${told}`);
  }
  if (!there) history.applied.clear();
  history.states = there ? now : undefined;
  history.state = there ? now[0] : undefined;
}

async function served(send: Send): Promise<void> {
  const deadline = Date.now() + 60_000;
  const paths = ["v1/things", "v2/things", "v1/looses"];
  for (
    const path of [
      ...paths.map((p) => `${GROUP}/${p}`),
      "/api/v1/namespaces/default",
    ]
  ) {
    for (;;) {
      const answers = await send({ method: "GET", path }).catch(() => []);
      if (answers.length && answers.every((a) => a.kind !== "Status")) break;
      assert.ok(Date.now() < deadline, `${path} is not served in time`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const missing = kubeApiserverMissing();

Deno.test({
  name: missing
    ? `applies, patches, updates and refusals are kube-apiserver's (skipped: ${missing})`
    : "applies, patches, updates and refusals are kube-apiserver's",
  ignore: missing !== undefined,
  async fn() {
    const real = (await startKubeApiserver())!;
    await using embedded = await startApiServer({ builtins: "all" });
    using client = Deno.createHttpClient({ caCerts: [real.caData] });
    try {
      const send: Send = async ({ method, path, type, bodies }) => {
        const init = (token: string, body: Json | undefined) => ({
          method,
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": type ?? "application/json",
          },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        const answers = await Promise.all([
          fetch(real.url + path, {
            ...init(real.adminToken, bodies?.[0]),
            client,
          }),
          embedded.fetch(
            new Request(
              embedded.url + path,
              init(embedded.adminToken, bodies?.[1]),
            ),
          ),
        ]);
        return await Promise.all(answers.map((answer) => answer.json()));
      };
      for (const definition of definitions) {
        await send({
          method: "POST",
          path: CRDS,
          bodies: [definition, definition],
        });
      }
      await served(send);
      // Each round begins with a second, so that times in managedFields tell the rounds apart.
      const rounds: number[] = [];
      const roundOf = (time: string) =>
        rounds.findLastIndex((start) => start <= Date.parse(time));
      const histories = Array.from(
        { length: HISTORIES },
        (_, i) => begin(SEED + i),
      );
      for (let round = 0; round < ROUNDS; round++) {
        await new Promise((resolve) =>
          setTimeout(resolve, 1001 - Date.now() % 1000)
        );
        rounds.push(Math.floor(Date.now() / 1000) * 1000);
        const going = histories.filter(({ over }) => !over);
        for (let i = 0; i < going.length; i += 8) {
          await Promise.all(
            going.slice(i, i + 8).map((h) => go(h, { send, roundOf })),
          );
        }
      }
    } finally {
      await real.close();
    }
  },
});
