/**
 * Real Flux beside Faros, by what docs/flux.md says.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Agent } from "../api/agent.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Workspace } from "../api/workspace.ts";
import { findKubectl } from "./e2e/kubectl.ts";
import { embedded } from "./engines/embedded.ts";
import { kubernetes } from "./engines/kubernetes.ts";
import { fluxMissing } from "./flux/flux.ts";
import { startSite, type Told } from "./flux/site.ts";

const FOLDER = "workspaces/factory-a";
const AGENTS = `${FOLDER}/agents.yaml`;
const MONITORING = `${FOLDER}/monitoring.yaml`;
const WORKSPACE = `${FOLDER}/workspace.yaml`;
const IN = ["-n", "factory-a"];

for (const engine of [embedded, kubernetes]) {
  const missing = fluxMissing() ?? engine.missing ??
    (findKubectl() ? undefined : "there is no kubectl on the PATH");
  Deno.test({
    name: `docs/flux.md, with Flux on ${engine.name}${
      missing ? ` (skipped: ${missing})` : ""
    }`,
    ignore: missing !== undefined,
    async fn(t) {
      await using site = await startSite(engine);
      const { fleet, kubectl } = site;
      const original = {
        [AGENTS]: await fleet.read(AGENTS),
        [MONITORING]: await fleet.read(MONITORING),
        [WORKSPACE]: await fleet.read(WORKSPACE),
      };
      const agent = (name: string) =>
        site.get<Agent & KubeObject>("agent", name, ...IN);

      await t.step("Flux syncs the fleet, and waits for it", async () => {
        await site.follow(/^kubectl apply -f fleet.yaml/);
        for (const name of ["press-1", "press-2"]) {
          const { status, metadata } = await agent(name);
          assert.ok(status?.assignment, "its device is told what to run");
          assert.equal(
            metadata.labels?.["kustomize.toolkit.fluxcd.io/name"],
            "factory-a",
          );
        }
        const { stdout } = await kubectl(["get", "events", "-A"]);
        assert.match(stdout, /ReconciliationSucceeded +kustomization\/fac/);
        assert.doesNotMatch(stdout, /HealthCheckFailed/);
      });

      await t.step("its own health checks go with any of them", async () => {
        await site.follow(/health_checks.yaml/, { NAME: "factory-a" });
        assert.equal((await site.sync("factory-a")).status, "True");
      });

      await t.step("a wrong field is told, and nothing applied", async () => {
        await site.push({
          [AGENTS]: original[AGENTS].replace("- name: host", "- nam: host"),
          [MONITORING]: original[MONITORING].replace("10s", "20s"),
        });
        const { status, message } = await site.sync("factory-a");
        assert.equal(status, "False");
        assert.match(
          message,
          /^Agent\/factory-a\/press-1 dry-run failed: .*\.spec\.plugins\[0\]\.nam: field not declared in schema/,
        );
        const { spec } = await site.get<KubeObject & { spec: unknown }>(
          ...["monitoring", "host", ...IN],
        );
        assert.match(JSON.stringify(spec), /"10s"/);
      });

      await t.step("what the hub refuses is named", async () => {
        await site.push({
          ...original,
          [MONITORING]: original[MONITORING].replace("10s", "often"),
        });
        const { message } = await site.sync("factory-a");
        assert.match(
          message,
          /failed early due to stalled resources: \[Agent\/factory-a\/press-1 status: 'Failed'/,
        );
        const { stdout } = await kubectl(["describe", "agent/press-1", ...IN]);
        assert.match(stdout, /Cannot decide what Agent press-1 .*interval/);
        await site.push(original);
        assert.equal((await site.sync("factory-a")).status, "True");
      });

      await t.step("drift is put back, what leaves is pruned", async () => {
        const { code } = await kubectl([
          ...["patch", "agent", "press-1", ...IN, "--type=merge", "-p"],
          JSON.stringify({ spec: { paused: true, plugins: [] } }),
        ]);
        assert.equal(code, 0);
        await site.push({ [AGENTS]: original[AGENTS].split("---")[0]! });
        assert.equal((await site.sync("factory-a")).status, "True");
        assert.deepEqual((await agent("press-1")).spec, {
          plugins: [{ name: "host" }],
        });
        const gone = await kubectl(["get", "agent", "press-2", ...IN]);
        assert.match(gone.stderr, /NotFound/);
        await site.push(original);
        assert.equal((await site.sync("factory-a")).status, "True");
      });

      await t.step(
        "what is suspended is left, what is deleted goes",
        async () => {
          const patched = async (spec: object, ...what: string[]) => {
            const patch = JSON.stringify({ spec });
            const args = ["patch", ...what, "--type=merge", "-p", patch];
            const { code, stderr } = await kubectl(args);
            assert.equal(code, 0, stderr);
          };
          const inFlux = ["kustomization/factory-a", "-n", "flux-system"];
          await patched({ suspend: true }, ...inFlux);
          await patched({ paused: true }, "agent/press-1", ...IN);
          await site.push({
            [MONITORING]: original[MONITORING].replace("10s", "20s"),
          });
          // This one goes on, and by then the other would have been looked at, too.
          await site.sync("fleet-workspaces");
          assert.equal((await agent("press-1")).spec?.paused, true);
          await patched({ suspend: false }, ...inFlux);
          await site.push(original);
          await site.sync("factory-a");
          assert.equal((await agent("press-1")).spec?.paused, undefined);
          await kubectl(["delete", ...inFlux]);
          const { items } = await site.get<KubeObject & { items: unknown[] }>(
            ...["agents,monitorings,registrations", ...IN],
          );
          assert.deepEqual(items, []);
          await site.follow(/^kubectl apply -f fleet.yaml/);
          assert.ok((await agent("press-1")).status?.assignment);
        },
      );

      await t.step("a folder does what its ServiceAccount may", async () => {
        await site.follow(/^kubectl create serviceaccount/);
        const forbidden =
          /is forbidden: User "system:serviceaccount:flux-system:factory-a" cannot/;
        assert.match((await site.sync("factory-a")).message, forbidden);
        await site.push({
          [WORKSPACE]: original[WORKSPACE].replace(
            "  members:\n",
            '$&    - { user: "system:serviceaccount:flux-system:factory-a", role: admin }\n',
          ),
        });
        await site.sync("fleet-workspaces", "fleet-workspaces");
        assert.equal((await site.sync("factory-a")).status, "True");
        const power = `${FOLDER}/power.yaml`;
        await site.push({
          [power]: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: power }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
`,
        });
        assert.match((await site.sync("factory-a")).message, forbidden);
        await site.push({ [power]: null });
        assert.equal((await site.sync("factory-a")).status, "True");
      });

      const repository = (spec = "") =>
        `apiVersion: gitops.faros.sh/v1alpha1
kind: Repository
metadata: { name: fleet }
spec: { url: "${site.url}/fleet.git", interval: 1s${spec} }
`;
      const untilRepository = (test: RegExp) =>
        site.until(`the Repository says ${test}`, async () => {
          const { status } = await site.get<Told>("repository", "fleet");
          const ready = status?.conditions?.find((c) => c.type === "Ready");
          const told = `${ready?.status} ${ready?.reason} ${ready?.message}`;
          return test.test(told);
        });

      await t.step("Faros refuses what is Flux's", async () => {
        await site.apply(repository());
        await untilRepository(
          /OwnershipConflict .*Flux Kustomization flux-system\/fleet-workspaces keeps it/,
        );
      });

      await t.step("a fleet moves from Flux to Faros", async () => {
        const before = await agent("press-1");
        await site.follow(/^kubectl patch kustomization .*"prune":false/);
        const adopted: Record<string, string> = {};
        for await (const { name } of Deno.readDir(`${fleet.clone}/${FOLDER}`)) {
          const file = `${FOLDER}/${name}`;
          adopted[file] = (await fleet.read(file)).replaceAll(
            /^metadata:$/gm,
            '$&\n  annotations: { faros.sh/adopt: "true" }',
          );
        }
        await site.push({
          ...adopted,
          // Flux keeps its Workspace no more, but its label is there still.
          "workspaces/factory-b": null,
        });
        await untilRepository(/^True .*Applied commit/);
        const { metadata, status } = await agent("press-1");
        assert.equal(metadata.uid, before.metadata.uid);
        assert.deepEqual(
          status?.assignment?.counter,
          before.status?.assignment?.counter,
        );
        assert.equal(
          metadata.labels?.["kustomize.toolkit.fluxcd.io/name"],
          undefined,
        );
        // What Flux had granted ends with the manifest that says so.
        await site.push({
          [WORKSPACE]: adopted[WORKSPACE]!.replace(/ {2}plugins:\n[^]*/, ""),
        });
        await site.until("the grant was gone", async () => {
          const { spec } = await site.get<Workspace & KubeObject>(
            ...["workspace", "factory-a"],
          );
          return spec?.plugins === undefined;
        });
        await site.push({ [WORKSPACE]: adopted[WORKSPACE]! });
        await untilRepository(/^True .*Applied commit/);
      });

      await t.step("Flux brings the Repository, and waits for it", async () => {
        const { platform } = site;
        const pushed = async (files: Record<string, string>) => {
          await platform.commit("A change", files);
          await platform.push();
        };
        const file = "faros-fleet/fleet.yaml";
        const text = site.files.get(file)!;
        await pushed({
          // In place of the hub's Deployment, which no node would run here.
          "faros/hub.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: hub, namespace: faros-system }
`,
          [file]: text,
        });
        await site.apply(`apiVersion: v1
kind: Secret
metadata: { name: fleet-git, namespace: faros-system }
stringData: { username: git, password: pass }
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { url: "${site.url}/platform/fleet.git", ref: { branch: main }, interval: 10m }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: faros, namespace: flux-system }
spec: { sourceRef: { kind: GitRepository, name: flux-system }, path: ./faros, interval: 10m, prune: true, wait: true }
---
${site.files.get("faros.yaml")}`);
        const sync = () => site.sync("faros-fleet", "flux-system");
        const { status, message } = await sync();
        assert.equal(status, "True", message);
        await untilRepository(/^True .*Applied commit/);
        // What cannot be applied fails it, unless nothing is asked for.
        await site.push({ [AGENTS]: "kind: [" });
        const asked = `reconcile.faros.sh/requestedAt=${
          new Date().toISOString()
        }`;
        await kubectl(["annotate", "repository/fleet", asked, "--overwrite"]);
        await untilRepository(/^False .*agents\.yaml:1/);
        assert.match(
          (await sync()).message,
          /stalled resources: \[Repository\/fleet status: 'Failed'/,
        );
        await pushed({ [file]: `${text.trimEnd()}\n  suspend: true\n` });
        assert.equal((await sync()).status, "True");
      });
    },
  });
}
