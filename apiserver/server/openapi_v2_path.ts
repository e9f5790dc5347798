import {
  encodeOpenapiV2,
  hashOf,
  OPENAPI_V2_PROTOBUF,
  openapiV2,
} from "../openapi/mod.ts";
import { StatusError } from "../errors.ts";
import type { Resources } from "../registry/resources.ts";
import { acceptClauses } from "../request/negotiation.ts";
import type { JsonObject } from "../types.ts";
import type { PathAnswer } from "./handler.ts";

const JSON_TYPE = "application/json";
const TYPES: Record<string, string> = {
  [JSON_TYPE]: JSON_TYPE,
  "application/*": JSON_TYPE,
  "*/*": JSON_TYPE,
  [OPENAPI_V2_PROTOBUF]: OPENAPI_V2_PROTOBUF,
  // What clients call it since always; as a media type it is malformed.
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf":
    OPENAPI_V2_PROTOBUF,
};

/** The document, and its forms that somebody asked for; gone when what is served changes. */
interface Made {
  revision: number;
  document: JsonObject;
  forms: Map<string, { bytes: Uint8Array<ArrayBuffer>; etag: string }>;
}

/** Answers `/openapi/v2`, in JSON or protobuf. */
export function openapiV2Path(resources: Resources): PathAnswer {
  let made: Made | undefined;
  const current = (): Made => {
    if (made?.revision !== resources.revision) {
      const definitions = resources.all().map(({ definition }) => definition);
      made = {
        revision: resources.revision,
        document: openapiV2(definitions),
        forms: new Map(),
      };
    }
    return made;
  };
  return (path, request) => {
    if (path !== "/openapi/v2") return;
    const type = negotiated(request.headers.get("accept"));
    const { document, forms } = current();
    let form = forms.get(type);
    if (!form) {
      const bytes = type === JSON_TYPE
        ? new TextEncoder().encode(JSON.stringify(document))
        : encodeOpenapiV2(document);
      form = { bytes, etag: `"${hashOf(bytes)}"` };
      forms.set(type, form);
    }
    const headers = {
      "content-type": type,
      etag: form.etag,
      vary: "Accept",
      "cache-control": "no-cache, private",
    };
    if (request.headers.get("if-none-match") === form.etag) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(form.bytes, { headers });
  };
}

function negotiated(accept: string | null): string {
  for (const { type } of acceptClauses(accept)) {
    const found = TYPES[type];
    if (found) return found;
  }
  throw new StatusError(
    406,
    "NotAcceptable",
    `only the following media types are accepted: ${JSON_TYPE}, ${OPENAPI_V2_PROTOBUF}`,
  );
}
