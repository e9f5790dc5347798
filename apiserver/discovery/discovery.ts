import { noSuchResource } from "../errors.ts";
import { hashOf } from "../openapi/hash.ts";
import type { Resources } from "../registry/resources.ts";
import { acceptClauses, negotiate } from "../request/negotiation.ts";
import { respond } from "../server/respond.ts";
import type { JsonObject } from "../types.ts";
import { AGGREGATED, aggregatedDiscovery } from "./aggregated.ts";
import { type Group, groupsOf } from "./groups.ts";
import {
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from "./legacy.ts";
import { rootPaths } from "./root_paths.ts";

interface Cached {
  revision: number;
  groups: Group[];
  aggregated: Map<string, { bytes: Uint8Array<ArrayBuffer>; etag: string }>;
}

/** Answers `/`, `/api`, `/apis` and what is below them. */
export class Discovery {
  #cached: Cached | undefined;

  constructor(readonly resources: Resources) {}

  /**
   * The answer, or undefined where the path is none of discovery or names nothing that is served.
   *
   * @throws 404 where a group of the server's own has no such version.
   */
  answer(path: string, request: Request): Response | undefined {
    const [start, root, group, version, ...rest] = path.split("/");
    const form = () => negotiate(request.headers.get("accept"));
    if (path === "" || path === "/") {
      return respond(rootPaths(this.#current().groups), { form: form() });
    }
    if (start !== "" || rest.length > 0) return;
    if (root !== "api" && root !== "apis") return;
    if (group === undefined && isAggregated(request)) {
      return this.#answerAggregated(root, request);
    }
    const document = root === "api"
      ? this.#core(group, version, request)
      : this.#groups(group, version);
    if (document) return respond(document, { form: form() });
    const own = root === "api"
      ? group !== undefined
      : version !== undefined && this.resources.hasBuiltIn(group!);
    if (own) throw noSuchResource();
  }

  #current(): Cached {
    if (this.#cached?.revision !== this.resources.revision) {
      this.#cached = {
        revision: this.resources.revision,
        groups: groupsOf(this.resources),
        aggregated: new Map(),
      };
    }
    return this.#cached;
  }

  #core(
    version: string | undefined,
    more: string | undefined,
    request: Request,
  ): JsonObject | undefined {
    const { groups } = this.#current();
    if (version === undefined) {
      return apiVersions(groups, new URL(request.url).host);
    }
    const found = groups.find((g) => g.name === "")?.versions
      .find((v) => v.version === version);
    return found && more === undefined
      ? apiResourceList(version, found)
      : undefined;
  }

  #groups(
    name: string | undefined,
    version: string | undefined,
  ): JsonObject | undefined {
    const { groups } = this.#current();
    if (name === undefined) return apiGroupList(groups);
    const group = groups.find((g) => g.name === name);
    if (!group || version === undefined) return group && apiGroup(group);
    const found = group.versions.find((v) => v.version === version);
    return found && apiResourceList(`${name}/${version}`, found);
  }

  #answerAggregated(root: string, request: Request): Response {
    const { groups, aggregated } = this.#current();
    let document = aggregated.get(root);
    if (!document) {
      const own = groups.filter((g) => (g.name === "") === (root === "api"));
      const bytes = new TextEncoder().encode(
        JSON.stringify(aggregatedDiscovery(own)),
      );
      document = { bytes, etag: `"${hashOf(bytes)}"` };
      aggregated.set(root, document);
    }
    const headers = {
      etag: document.etag,
      vary: "Accept",
      "cache-control": "public",
      "content-type": AGGREGATED,
    };
    if (request.headers.get("if-none-match") === document.etag) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(document.bytes, { headers });
  }
}

/** Whether the form that the client likes best is the aggregated one, in the version that is served. */
function isAggregated(request: Request): boolean {
  for (const clause of acceptClauses(request.headers.get("accept"))) {
    const { as, g, v } = clause.parameters;
    if (clause.type !== "application/json") continue;
    if (as === undefined) return false;
    if (
      as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" &&
      v === "v2"
    ) return true;
  }
  return false;
}
