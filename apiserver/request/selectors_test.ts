import assert from "node:assert/strict";
import { fieldSelector } from "./field_selector.ts";
import { requestInfo } from "./info.ts";
import { labelSelector } from "./label_selector.ts";

Deno.test("labelSelector: every operator, alone and joined", () => {
  const labels = { app: "web", tier: "front", weight: "5", "x.io/y": "" };
  const cases: [string, boolean][] = [
    ["app=web", true],
    ["app==api", false],
    ["app!=api", true],
    ["none!=api", true],
    ["app in (api, web)", true],
    ["app notin (web)", false],
    ["none notin (web)", true],
    ["x.io/y", true],
    ["x.io/y=", true],
    ["!app", false],
    ["!none,app=web , tier in (front)", true],
    ["weight>4,weight<6", true],
    ["weight>5", false],
    ["app>1", false],
  ];
  for (const [text, expected] of cases) {
    assert.equal(labelSelector(text)!(labels), expected, text);
  }
  assert.equal(labelSelector(" "), undefined);
  for (const bad of ["a=b=c", "a in b", ",", "a,", "-a", "a=b c"]) {
    assert.throws(() => labelSelector(bad), { code: 400 }, bad);
  }
  assert.throws(
    () => labelSelector("a in ("),
    /found '', expected: ',', '\)' or identifier$/,
  );
});

Deno.test("fieldSelector: escapes, both ways of equality, and what is no term", () => {
  assert.deepEqual(fieldSelector("a=1,b!=x\\,y,c==\\=z"), [
    { field: "a", not: false, value: "1" },
    { field: "b", not: true, value: "x,y" },
    { field: "c", not: false, value: "=z" },
  ]);
  for (const bad of ["a", "a=b=c", "a=b\\c", "a=b\\"]) {
    assert.throws(() => fieldSelector(bad), { code: 400 }, bad);
  }
});

Deno.test("requestInfo: verbs, scopes, subresources and names as kube-apiserver reads them", () => {
  const read = (method: string, path: string) => {
    const i = requestInfo(method, new URL(path, "https://h"));
    if (!i.isResource) return `${i.verb} ${i.path}`;
    return [
      i.verb,
      i.group,
      i.version,
      i.namespace,
      i.resource,
      i.name,
      i.subresource,
    ]
      .join("|");
  };
  const cases: [string, string, string][] = [
    ["GET", "/api/v1/namespaces", "list||v1||namespaces||"],
    ["GET", "/api/v1/namespaces/a", "get||v1|a|namespaces|a|"],
    [
      "PUT",
      "/api/v1/namespaces/a/finalize",
      "update||v1|a|namespaces|a|finalize",
    ],
    ["GET", "/api/v1/namespaces/a/pods?watch=1", "watch||v1|a|pods||"],
    ["GET", "/api/v1/pods?watch=yes", "watch||v1||pods||"],
    ["GET", "/api/v1/pods?watch=0", "list||v1||pods||"],
    ["GET", "/api/v1/pods?watch=false", "list||v1||pods||"],
    [
      "POST",
      "/apis/g.io/v1/namespaces/a/xs/b/scale",
      "create|g.io|v1|a|xs|b|scale",
    ],
    ["DELETE", "/apis/g.io/v1/xs", "deletecollection|g.io|v1||xs||"],
    [
      "GET",
      "/apis/g.io/v1/xs?fieldSelector=metadata.name%3Dn",
      "list|g.io|v1||xs|n|",
    ],
    ["GET", "/api/v1/namespaces/a%2fsecrets", "list||v1|a|secrets||"],
    ["GET", "/apis/g.io/v1", "get /apis/g.io/v1"],
    [
      "GET",
      "/apis/g.io/v1/xs?fieldSelector=a!%3D1%5C%2Cmetadata.name%3Dn",
      "list|g.io|v1||xs||",
    ],
    ["GET", "/healthz", "get /healthz"],
  ];
  for (const [method, path, expected] of cases) {
    assert.equal(read(method, path), expected, path);
  }
});
