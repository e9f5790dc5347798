import assert from "node:assert/strict";
import { z } from "zod";
import type { Kind } from "../../../api/kind.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import { apiResourceSchema } from "../../../api/generate/api_resource_schema.ts";
import { tenantKinds } from "../../../kube/kcp/exports.ts";
import { APIBinding, APIExport } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

/** Stored objects. */
const COUNT = 1000;

interface Stored extends KubeObject {
  spec: { type: string; config?: unknown; note?: string };
}

/** Monitoring with other fields, among all kinds. */
function changed(spec: z.ZodType): Kind[] {
  return tenantKinds.map((kind) =>
    kind === Monitoring ? { ...Monitoring, spec } : kind
  );
}

const { shape } = Monitoring.spec as z.ZodObject;
const withNote = changed(z.strictObject({
  ...shape,
  note: z.string().optional(),
}));
const without = tenantKinds.filter((kind) => kind !== Monitoring);
const { type } = shape;
const withoutConfig = changed(z.strictObject({ type: type! }));

export const upgrade: Scenario = {
  name:
    "a kind is upgraded and rolled back with 1,000 objects stored, and not where they would lose anything",
  async run(environment) {
    const inside = await environment.admin(`${HUB}:site-a`);
    const hub = await environment.admin(HUB);
    const scope = { namespace: "default" };
    const all = Array.from({ length: COUNT }, (_, i) => `m-${i}`);
    for (let i = 0; i < COUNT; i += 50) {
      await Promise.all(
        all.slice(i, i + 50).map((name) =>
          inside.create<Stored>(Monitoring, {
            apiVersion: Monitoring.apiVersion,
            kind: Monitoring.kind,
            metadata: { name, ...scope },
            spec: { type: "host", config: { interval: "10s" } },
          })
        ),
      );
    }
    const schemaOf = async (kinds: readonly Kind[]) =>
      (await apiResourceSchema(kinds.find((k) => k.kind === Monitoring.kind)!))
        .metadata.name;
    const exported = async () =>
      (await hub.get<APIExport>(APIExport, Monitoring.group)).spec.resources!
        .find((r) => r.name === Monitoring.plural)!.schema;
    const read = async () => {
      const { items } = await inside.listAll<Stored>(Monitoring, scope);
      return items.filter((o) => o.metadata.name.startsWith("m-"));
    };
    const first = await exported();
    await environment.stopHub();

    // A new field: the export moves, and every binding follows.
    await environment.startHub(withNote);
    assert.equal(await exported(), await schemaOf(withNote));
    const noted = { ...scope, fieldValidation: "Strict" as const };
    await eventually(
      () =>
        inside.patch(Monitoring, "m-0", { spec: { note: "read me" } }, noted)
          .then(() => true, () => false),
      { timeout: TIMEOUT, what: "the new field was served" },
    );
    const upgraded = await read();
    assert.equal(upgraded.length, COUNT);
    assert.ok(upgraded.every((o) => o.spec.config !== undefined));
    await environment.stopHub();

    // Without a field that is in use: refused with a list, and nothing changes.
    await assert.rejects(
      environment.startHub(withoutConfig),
      (error: Error) => {
        assert.match(error.message, /1000 stored objects would not stay/);
        assert.match(
          error.message,
          /site-a\/default\/m-\d+: spec\.config would be lost/,
        );
        assert.match(error.message, /and 980 more/);
        return true;
      },
    );
    // Nor without the kind.
    await assert.rejects(
      environment.startHub(without),
      /Monitoring .* 1000 stored objects would not stay/,
    );
    assert.equal(await exported(), await schemaOf(withNote));
    // Neither does it go back while the new field is in use.
    await assert.rejects(
      environment.startHub(),
      /1 stored object .*\n.*m-0: spec\.note would be lost/,
    );
    await inside.patch(Monitoring, "m-0", { spec: { note: null } }, scope);
    await environment.startHub();
    assert.equal(await exported(), first);
    assert.equal((await read()).length, COUNT);
    await eventually(async () => {
      const { items } = await inside.list<
        KubeObject & {
          status?: { boundResources?: { schema: { name: string } }[] };
        }
      >(APIBinding);
      return items.some((b) =>
        b.status?.boundResources?.some((r) => r.schema.name === first)
      );
    }, { timeout: TIMEOUT, what: "the bindings had followed" });
  },
};
