import { openapiV3, openapiV3Hash, openapiV3Index } from "../openapi/mod.ts";
import type { Resources } from "../registry/resources.ts";
import type { ResourceDefinition } from "../types.ts";
import type { PathAnswer } from "./handler.ts";

const encoder = new TextEncoder();
const FAR_FUTURE = "public, max-age=31536000, immutable";

/** Documents kept in their encoded form; dropped when what is served changes. */
interface Encoded {
  revision: number;
  definitions: ResourceDefinition[];
  bytes: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Answers `/openapi/v3` and the documents that it lists. */
export function openapiPaths(resources: Resources): PathAnswer {
  let encoded: Encoded | undefined;
  const current = (): Encoded => {
    if (encoded?.revision !== resources.revision) {
      encoded = {
        revision: resources.revision,
        definitions: resources.all().map(({ definition }) => definition),
        bytes: new Map(),
      };
    }
    return encoded;
  };
  return (path, request) => {
    if (path !== "/openapi/v3" && !path.startsWith("/openapi/v3/")) return;
    const { definitions, bytes } = current();
    if (path === "/openapi/v3") {
      return new Response(JSON.stringify(openapiV3Index(definitions)), {
        headers: {
          "content-type": "application/json",
          "cache-control": "no-cache, private",
        },
      });
    }
    const name = path.slice("/openapi/v3/".length);
    const hash = openapiV3Hash(name, definitions);
    if (hash === undefined) return;
    const headers: Record<string, string> = {
      "content-type": "application/json",
      etag: `"${hash}"`,
      vary: "Accept",
      // A client that asks by hash gets that very document, and may keep it.
      "cache-control": new URL(request.url).searchParams.get("hash") === hash
        ? FAR_FUTURE
        : "no-cache, private",
    };
    if (request.headers.get("if-none-match") === headers.etag) {
      return new Response(null, { status: 304, headers });
    }
    let body = bytes.get(name);
    if (!body) {
      body = encoder.encode(JSON.stringify(openapiV3(name, definitions)));
      bytes.set(name, body);
    }
    return new Response(body, { headers });
  };
}
