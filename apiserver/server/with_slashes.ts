import type { PathAnswer } from "./handler.ts";

/**
 * Answers paths with slashes at their end, too: clients generated from OpenAPI ask for `/version/`, and kube-apiserver
 * takes them for discovery, version and OpenID, not for health, metrics and OpenAPI.
 */
export function withSlashes(answer: PathAnswer): PathAnswer {
  return (path, request) => {
    let end = path.length;
    while (path[end - 1] === "/") end--;
    return answer(path.slice(0, end), request);
  };
}
