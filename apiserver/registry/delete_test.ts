import assert from "node:assert/strict";
import { configMap, eventually, refused, withServer } from "../test_client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

Deno.test("delete: preconditions, finalizers, and no new ones once it has begun", async () => {
  await withServer(async (api) => {
    const { body } = await api.post(
      MAPS,
      configMap("a", {}, { finalizers: ["a.com/x"] }),
    );
    refused(
      await api.delete(`${MAPS}/a`, { preconditions: { uid: "other" } }),
      409,
      /on ConfigMap "a": the UID in the precondition \(other\) does not match/,
    );
    refused(
      await api.delete(`${MAPS}/a`, {
        preconditions: { resourceVersion: "1" },
      }),
      409,
      /the ResourceVersion in the precondition \(1\) does not match/,
    );
    // Only the deprecated field asks for a 202, whose object generated clients throw away.
    for (
      const [options, code] of [
        [{ propagationPolicy: "Foreground" }, 200],
        [{ orphanDependents: false }, 202],
        [{}, 200],
      ] as const
    ) assert.equal((await api.delete(`${MAPS}/a`, options)).code, code);
    const waits = await api.delete(`${MAPS}/a`, {
      propagationPolicy: "Background",
    });
    assert.equal(waits.code, 200);
    assert.ok(waits.body.metadata.deletionTimestamp);
    refused(
      await api.patch(`${MAPS}/a`, "merge", {
        metadata: { finalizers: ["a.com/x", "a.com/y"] },
      }),
      422,
      /no new finalizers can be added if the object is being deleted/,
    );
    const last = await api.patch(`${MAPS}/a`, "merge", {
      metadata: { finalizers: null },
    });
    assert.equal(last.code, 200);
    assert.equal((await api.get(`${MAPS}/a`)).code, 404);
    await api.post(MAPS, configMap("b"));
    const gone = await api.delete(`${MAPS}/b`);
    assert.equal(gone.body.status, "Success");
    assert.equal(gone.body.details.name, "b");
    assert.notEqual(gone.body.details.uid, body.metadata.uid);
  });
});

Deno.test("delete: a namespace has no grace period, and a Table without objects says null", async () => {
  await withServer(async (api) => {
    const metadata = { name: "a" };
    await api.post("/api/v1/namespaces", { metadata });
    const { body } = await api.delete("/api/v1/namespaces/a");
    assert.ok(body.metadata.deletionTimestamp);
    assert.equal("deletionGracePeriodSeconds" in body.metadata, false);
    await api.post(MAPS, configMap("a"));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const path = `${MAPS}/a?includeObject=None`;
    const table = await api.get(path, { accept });
    assert.equal(table.body.rows[0].object, null);
  });
});

Deno.test("delete: what its options do not know is refused, and nothing is deleted", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a", {}, { finalizers: ["a.com/x"] }));
    const bodies = [
      { dryRun: ["Some"] },
      { propagationPolicy: "Sideways" },
      { propagationPolicy: "Orphan", orphanDependents: true },
    ];
    for (const body of bodies) {
      const wrong = await api.delete(`${MAPS}/a`, body);
      refused(wrong, 422, /^DeleteOptions\.meta\.k8s\.io "" is invalid: /);
    }
    const grace = await api.delete(`${MAPS}/a?gracePeriodSeconds=soon`);
    refused(grace, 400, /parsing "soon": invalid syntax/);
    const everywhere = await api.delete("/api/v1/configmaps");
    refused(everywhere, 405, /does not allow this method/);
    const { body } = await api.get(`${MAPS}/a`);
    assert.equal(body.metadata.deletionTimestamp, undefined);
    // Only the older form of the policy is told that it is not done yet.
    const policy = "?propagationPolicy=Foreground";
    assert.equal((await api.delete(`${MAPS}/a${policy}`)).code, 200);
    const older = "?orphanDependents=false";
    assert.equal((await api.delete(`${MAPS}/a${older}`)).code, 202);
  });
});

Deno.test("delete: owners take dependents along, in the foreground after them, or leave them", async () => {
  await withServer(async (api) => {
    for (
      const [policy, left] of [
        ["Background", false],
        ["Foreground", false],
        ["Orphan", true],
      ] as const
    ) {
      const { body: owner } = await api.post(MAPS, configMap("owner"));
      const { apiVersion, kind, metadata: { name, uid } } = owner;
      await api.post(
        MAPS,
        configMap("dependent", {}, {
          ownerReferences: [{
            apiVersion,
            kind,
            name,
            uid,
            blockOwnerDeletion: true,
          }],
        }),
      );
      await api.delete(`${MAPS}/owner`, { propagationPolicy: policy });
      await eventually(async () => {
        const [a, b] = [
          await api.get(`${MAPS}/owner`),
          await api.get(`${MAPS}/dependent`),
        ];
        return a.code === 404 &&
          (left
            ? b.body.metadata.ownerReferences === undefined
            : b.code === 404);
      });
      if (left) await api.delete(`${MAPS}/dependent`);
    }
  });
});

Deno.test("deletecollection: deletes what the selector selects", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a", {}, { labels: { x: "1" } }));
    await api.post(MAPS, configMap("b", {}, { labels: { x: "2" } }));
    const { code } = await api.delete(`${MAPS}?labelSelector=x%3D1`);
    assert.equal(code, 200);
    assert.equal((await api.get(`${MAPS}/a`)).code, 404);
    assert.equal((await api.get(`${MAPS}/b`)).code, 200);
  });
});
