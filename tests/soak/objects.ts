import type { Random } from "../random.ts";
import type { HttpsClient } from "./https_client.ts";

/** Where everything is written. */
export const NAMESPACE = "soak";

/** The kinds that are written: one as it is, one that can be encrypted at rest. */
export const RESOURCES = ["configmaps", "secrets"] as const;
export type Resource = (typeof RESOURCES)[number];
const KINDS = { configmaps: "ConfigMap", secrets: "Secret" };

/** Bytes of a filling: mostly one page of the database, at times a chain of them. */
const USUAL_FILL = 3000;
const LARGE_FILL = 60_000;

/** An object that one writer owns. */
export interface Target {
  resource: Resource;
  name: string;
}

/** A state of an object; `seq` counts its changes. */
export interface State {
  seq: number;
  gone: boolean;
}

/** A change that was asked for, and what became of it. */
export interface Step extends State {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** Undefined where no answer came, or the answer names none (deletions). */
  resourceVersion?: number;
}

/** Leaves out what the server itself puts into a namespace. */
const LABELS = { app: "soak" };
export const SELECTOR = "labelSelector=app%3Dsoak";

export function pathOf(resource: Resource, name?: string): string {
  const path = `/api/v1/namespaces/${NAMESPACE}/${resource}`;
  return name === undefined ? path : `${path}/${name}`;
}

/** What an object holds at `seq`; any other content is a half-written one. */
function fillOf(seq: number): string {
  const length = (seq * 7919) % (seq % 50 === 0 ? LARGE_FILL : USUAL_FILL);
  return `${seq}.`.repeat(Math.ceil(length / 8));
}

function dataOf({ resource }: Target, seq: number): Record<string, string> {
  const data = { seq: String(seq), fill: fillOf(seq) };
  if (resource === "configmaps") return data;
  return { seq: btoa(data.seq), fill: btoa(data.fill) };
}

/**
 * The `seq` of an object as it was read.
 *
 * @throws where it is not just as it was written
 */
// deno-lint-ignore no-explicit-any -- an object as it was read
export function seqOf(resource: Resource, object: any): number {
  const { data, metadata } = object;
  const text = (key: string) =>
    resource === "secrets" ? atob(data?.[key] ?? "") : data?.[key];
  const seq = Number(text("seq"));
  if (!(seq > 0) || text("fill") !== fillOf(seq)) {
    throw new Error(
      `${resource}/${metadata?.name} is half written: ${
        JSON.stringify(object).slice(0, 500)
      }`,
    );
  }
  return seq;
}

/** The next step of an object: mostly changes, now and then a deletion. */
export function nextStep(before: State, random: Random): Step {
  const seq = before.seq + 1;
  if (before.gone) return { seq, gone: false, type: "ADDED" };
  return random.next() < 0.15
    ? { seq, gone: true, type: "DELETED" }
    : { seq, gone: false, type: "MODIFIED" };
}

/** Asks the server for a step, by any of the ways to write; the answer's code, with the resourceVersion on success. */
export async function send(
  client: HttpsClient,
  target: Target,
  { step, random }: { step: Step; random: Random },
): Promise<{ code: number; body: unknown; resourceVersion?: number }> {
  const { resource, name } = target;
  const object = {
    apiVersion: "v1",
    kind: KINDS[resource],
    metadata: { name, labels: LABELS },
    data: dataOf(target, step.seq),
  };
  const path = pathOf(resource, name);
  const apply = () =>
    client.send("PATCH", `${path}?fieldManager=soak&force=true`, {
      type: "application/apply-patch+yaml",
      body: object,
    });
  const ways = {
    ADDED: [
      () => client.send("POST", pathOf(resource), { body: object }),
      apply,
    ],
    MODIFIED: [
      () => client.send("PUT", path, { body: object }),
      () =>
        client.send("PATCH", path, {
          type: "application/merge-patch+json",
          body: { data: object.data },
        }),
      apply,
    ],
    DELETED: [() => client.send("DELETE", path)],
  };
  const { code, body } = await random.pick(ways[step.type])();
  const version = Number(body?.metadata?.resourceVersion);
  return {
    code,
    body,
    ...(code < 300 && !step.gone ? { resourceVersion: version } : {}),
  };
}
