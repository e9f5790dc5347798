import assert from "node:assert/strict";
import { ConfigMap, Event } from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { APPLYSET_LABEL } from "../../../api/names.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { configMap, workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const otherEngines: Scenario = {
  name: "what another engine keeps is refused, unless the manifest asks for it",
  async run(site, { client }) {
    const namespace = site.name;
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
      }),
    );
    const managers: Record<string, string> = {
      flux: "kustomize-controller",
      argo: "argocd-controller",
    };
    const theirs: [string, KubeObject["metadata"], RegExp][] = [
      ["flux", {
        name: "flux",
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "apps",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      }, /Flux Kustomization flux-system\/apps keeps it/],
      ["argo", {
        name: "argo",
        annotations: {
          "argocd.argoproj.io/tracking-id": `shop:/ConfigMap:${namespace}/argo`,
        },
        labels: { "app.kubernetes.io/instance": "shop" },
      }, /Argo CD Application shop keeps it/],
      ["kpt", {
        name: "kpt",
        annotations: { "config.k8s.io/owning-inventory": "inv-1" },
      }, /inventory inv-1/],
      ["set", {
        name: "set",
        labels: { [APPLYSET_LABEL]: "applyset-x-v1" },
      }, /apply set applyset-x-v1 keeps it/],
    ];
    for (const [name, metadata] of theirs) {
      await client.apply(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { ...metadata, namespace },
        data: { value: "theirs", ...name in managers && { more: "theirs" } },
      } as KubeObject, { fieldManager: managers[name] ?? "theirs" });
    }
    // A copy of what Argo CD keeps elsewhere is nobody's.
    await client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "copy",
        namespace,
        annotations: {
          "argocd.argoproj.io/tracking-id": `shop:/ConfigMap:${namespace}/argo`,
        },
        labels: { "app.kubernetes.io/instance": "shop" },
      },
    } as KubeObject, { fieldManager: "theirs" });
    const names = theirs.map(([name]) => name);
    const files = (metadata = "") =>
      Object.fromEntries([...names, "copy"].map((name) => [
        site.file(`${name}.yaml`),
        configMap(name, "ours", metadata),
      ]));
    await site.push(files());
    const get = (name: string) =>
      client.get<KubeObject & { data: { value: string } }>(ConfigMap, name, {
        namespace,
      });
    await site.refused("OwnershipConflict");
    await eventually(async () => {
      const { items } = await client.list<
        KubeObject & { reason: string; message: string }
      >(Event, { namespace: "default" });
      const told = items.filter((e) => e.reason === "OwnershipConflict")
        .map((e) => e.message).join("\n");
      return told.includes('faros.sh/adopt: "true"') &&
        theirs.every(([, , message]) => message.test(told));
    }, { timeout: TIMEOUT, what: "each owner was named in an Event" });
    await eventually(async () => (await get("copy")).data.value === "ours", {
      timeout: TIMEOUT,
    });
    for (const name of names) {
      assert.equal((await get(name)).data.value, "theirs");
    }
    await site.applied(
      await site.push(files(`\n  annotations: {faros.sh/adopt: "true"}`)),
    );
    for (const [name] of theirs) {
      const { data, metadata } = await get(name);
      // What they alone had goes along, as all that leaves a manifest.
      assert.deepEqual(data, { value: "ours" });
      // Without its marks, the other engine prunes it no more.
      const marks = JSON.stringify([metadata.labels, metadata.annotations]);
      assert.doesNotMatch(marks, /fluxcd|argocd|k8s.io\/owning|"shop"/);
    }
    // Also where nothing of it changes but whose it is.
    await client.patch(ConfigMap, "copy", {
      metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } },
    }, { namespace, fieldManager: "kustomize-controller" });
    await client.patch(ConfigMap, "flux", { data: { value: "by hand" } }, {
      namespace,
      fieldManager: "kubectl-edit",
    });
    await eventually(async () => (await get("flux")).data.value === "ours", {
      timeout: TIMEOUT,
      what: "the watch has come so far",
    });
    await site.push({
      [site.file("copy.yaml")]: configMap("copy", "ours again"),
    });
    await site.refused("OwnershipConflict");
    assert.equal((await get("copy")).data.value, "ours");
  },
};
