import type { Authentication } from "../authentication/mod.ts";
import type { PathAnswer } from "./handler.ts";
import { respond } from "./respond.ts";

const KEYS = "/openid/v1/jwks";
/** As in kube-apiserver: who checks tokens need not ask each time. */
const KEPT = { "cache-control": "public, max-age=3600" };

/** Answers the OpenID configuration of ServiceAccount tokens and the keys that it names; `url` is the server's own. */
export function openidPaths(
  authentication: Authentication,
  url: () => string,
): PathAnswer {
  return (path) => {
    switch (path) {
      case "/.well-known/openid-configuration":
        return respond(authentication.openidConfiguration(`${url()}${KEYS}`), {
          headers: KEPT,
        });
      case KEYS:
        return respond(authentication.jwks(), {
          headers: { ...KEPT, "content-type": "application/jwk-set+json" },
        });
    }
  };
}
