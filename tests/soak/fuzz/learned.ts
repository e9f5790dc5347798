import type { Choices } from "./choices.ts";
import type { FuzzRequest } from "./request.ts";
import type { RawAnswer } from "./raw_client.ts";

type Json = Record<string, unknown>;

/** Of each kind of thing, how many are remembered. */
const KEPT = 40;
const decoder = new TextDecoder();

/** What answers have told, for requests that a client with some history would send. */
export class Learned {
  continues: string[] = ["x"];
  versions: string[] = ["1"];
  tokens: string[] = ["x"];
  crds: Map<string, Json> = new Map();
  #objects = new Map<string, Json[]>();

  /** A copy of an object of a kind, as it was some time ago. */
  object(r: Choices, kind: string): Json | undefined {
    const seen = this.#objects.get(kind);
    return seen && structuredClone(r.pick(seen));
  }

  take(request: FuzzRequest, { status, headers, body }: RawAnswer): void {
    if (request.method === "DELETE" && status < 300) this.#gone(request.path);
    const json = headers.get("content-type")?.trim() === "application/json";
    if (status >= 300 || !json || body.length > 50_000) return;
    let value: Json;
    try {
      value = JSON.parse(decoder.decode(body));
    } catch {
      return; // the first lines of a watch
    }
    const { kind, metadata, status: state } = value as {
      kind?: string;
      metadata?: { continue?: string; resourceVersion?: string; name?: string };
      status?: { token?: string };
    };
    if (metadata?.continue) keep(this.continues, metadata.continue);
    if (metadata?.resourceVersion) {
      keep(this.versions, metadata.resourceVersion);
    }
    if (typeof state?.token === "string") keep(this.tokens, state.token);
    if (!kind || !metadata?.name || request.method === "DELETE") return;
    if (kind === "CustomResourceDefinition") {
      this.crds.set(metadata.name, value);
    }
    let seen = this.#objects.get(kind);
    if (!seen) this.#objects.set(kind, seen = []);
    keep(seen, value);
  }

  #gone(path: string): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path.includes("/customresourcedefinitions/")) this.crds.delete(name);
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.shift();
}
