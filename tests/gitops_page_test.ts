/**
 * Holds docs/gitops.md to what the hub takes and says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { FORGE_REASONS } from "../gitops/forge/forge_client.ts";
import { SOURCE_REASONS } from "../gitops/source/source_error.ts";

const page = await Deno.readTextFile(
  new URL("../docs/gitops.md", import.meta.url),
);

Deno.test("docs/gitops.md: the manifests are valid", () => {
  const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)];
  let repositories = 0;
  for (const [, block = ""] of blocks) {
    for (const document of parseAllDocuments(block)) {
      const object = document.toJS() as KubeObject;
      if (object.kind === Repository.kind) {
        repositories++;
        Repository.manifest.parse(object);
      } else if (object.kind === "Secret") {
        assert.equal(object.metadata.namespace, SYSTEM_NAMESPACE, block);
      }
    }
  }
  assert.ok(repositories > 3, `${repositories} Repositories`);
});

for (
  const [of, reasons] of [
    ["a source", SOURCE_REASONS],
    ["a forge", FORGE_REASONS],
  ] as const
) {
  Deno.test(`docs/gitops.md: tells of every reason of ${of}, and of no other`, () => {
    const [, section = ""] = page.split(`### Reasons of ${of}\n`);
    const told = [...section.split(/^#/m)[0]!.matchAll(/^\| `(\w+)`/gm)]
      .map(([, reason]) => reason);
    assert.deepEqual(told, [...reasons]);
  });
}

Deno.test("docs/gitops.md: links within the page lead somewhere", () => {
  const anchors = new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")
    ),
  );
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) {
    assert.ok(anchors.has(anchor!), `#${anchor}`);
  }
});
