import assert from "node:assert/strict";
import { requestUrl } from "./url.ts";

Deno.test("requestUrl() reads what a URL parser reads", () => {
  const base = "https://127.0.0.1:6443";
  for (
    const text of [
      `${base}/`,
      base,
      `${base}/api/v1/namespaces/a/configmaps/b.c`,
      `${base}/api/v1/pods?watch=1&labelSelector=a%3Db,c+d&x`,
      `${base}/api/../apis/./x`,
      `${base}/api/.x/..`,
      `${base}/a%2Fb/%7e?a=%20`,
      `${base}//api//v1`,
      `${base}/é?ü=ß`,
      `${base}/a?b#c`,
      `${base}/a b`,
      `${base}/a?b=<>"'`,
      "https://[::1]:6443/apis/rbac/v1/roles/system:a",
      "https://Hub.Example/api?",
    ]
  ) {
    const expected = new URL(text);
    const found = requestUrl(text);
    assert.equal(found.pathname, expected.pathname, text);
    assert.deepEqual(
      [...found.searchParams],
      [...expected.searchParams],
      text,
    );
  }
});
