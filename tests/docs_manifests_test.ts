/**
 * The manifests that pages of docs show are such that they can be applied.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Document, parse, parseAllDocuments } from "yaml";
import { findKind, kinds } from "../api/kinds.ts";
import { healthChecks } from "../cli/generate/flux.ts";

interface Shown {
  apiVersion: string;
  kind: string;
  spec?: { healthCheckExprs?: { kind: string }[] };
}

for (const page of ["argocd", "flux"]) {
  Deno.test(`docs/${page}.md shows valid manifests`, async () => {
    const text = await Deno.readTextFile(
      new URL(`../docs/${page}.md`, import.meta.url),
    );
    const objects = [...text.matchAll(/^```yaml.*?\n(.*?)^```$/gms)].flatMap(
      ([, yaml]) =>
        (parseAllDocuments(yaml!) as Document[]).map((document) => {
          assert.deepEqual(document.errors, []);
          return document.toJS() as Shown;
        }),
    );
    const own = objects.filter((o) => o.apiVersion.includes("faros.sh"));
    assert.ok(own.length > 0 && own.length < objects.length);
    for (const object of own) {
      const kind = findKind(object.apiVersion, object.kind);
      assert.ok(kind, `${object.kind} is no kind of Faros`);
      assert.deepEqual(kind.manifest.safeParse(object).error?.issues ?? [], []);
    }
    for (const { spec } of objects) {
      for (const check of spec?.healthCheckExprs ?? []) {
        assert.deepEqual(
          check,
          healthChecks(kinds).find(({ kind }) => kind === check.kind),
        );
      }
    }
  });
}

Deno.test("the health checks of deploy/flux are a patch of a Kustomization of any name", async () => {
  const patch = parse(
    await Deno.readTextFile(
      new URL("../deploy/flux/health_checks.yaml", import.meta.url),
    ),
  );
  // With another name in it, kubectl patch is refused.
  assert.deepEqual(Object.keys(patch), ["spec"]);
  assert.deepEqual(patch.spec, { healthCheckExprs: healthChecks(kinds) });
});
