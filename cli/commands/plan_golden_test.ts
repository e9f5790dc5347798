import assert from "node:assert/strict";
import {
  ExampleFleet,
  FIXTURES,
  SECRET,
} from "../plan/testing/example_fleet.ts";

const UPDATE = Deno.env.has("FAROS_UPDATE_GOLDEN");

async function checkGolden(name: string, found: string): Promise<void> {
  const url = new URL(name, FIXTURES);
  if (UPDATE) await Deno.writeTextFile(url, found);
  assert.equal(found, await Deno.readTextFile(url), name);
}

Deno.test("plan of the example pull requests", async (t) => {
  await using fleet = await ExampleFleet.create();
  const cases = [
    { name: "version_bump", code: 2, also: ["text"] },
    { name: "network_port", code: 2, also: ["json"] },
    { name: "mass_deletion", code: 2, also: ["text"] },
    { name: "typo", code: 1, also: ["sarif", "junit", "text"] },
    { name: "secret_rotation", code: 2, also: [] },
    { name: "site_removal", code: 2, also: [] },
  ];
  const ENDINGS: Record<string, string> = {
    text: "txt",
    json: "json",
    sarif: "sarif",
    junit: "xml",
  };
  for (const { name, code, also } of cases) {
    await t.step(name, async () => {
      await fleet.reset();
      const patch = new URL(`${name}.patch`, FIXTURES).pathname;
      await fleet.git("apply", patch);
      const comment = await fleet.plan("-o", "markdown");
      assert.equal(comment.err, "");
      assert.equal(comment.code, code);
      await checkGolden(`${name}.md`, comment.out);
      for (const form of also) {
        const { out } = await fleet.plan("-o", form);
        await checkGolden(`${name}.${ENDINGS[form]}`, out);
      }
    });
  }
  await t.step("no secret is in any of them", async () => {
    for await (const { name } of Deno.readDir(FIXTURES)) {
      if (/\.(md|txt|json|sarif|xml)$/.test(name)) {
        const text = await Deno.readTextFile(new URL(name, FIXTURES));
        assert.doesNotMatch(text, SECRET, name);
      }
    }
  });
});

Deno.test("plan as Markdown stays within what forges take", async () => {
  await using fleet = await ExampleFleet.create();
  const agents = (interval: string) =>
    Array.from({ length: 600 }, (_, i) =>
      `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: device-with-a-rather-long-name-${i} }
spec: { plugins: [{ name: host, config: { interval: ${i + 10}${interval} } }] }
`).join("---\n");
  await fleet.write({ "workspaces/factory-a/more.yaml": agents("s") });
  await fleet.commit("Many");
  await fleet.write({ "workspaces/factory-a/more.yaml": agents("m") });
  const { out, code } = await fleet.plan("-o", "markdown");
  assert.equal(code, 2);
  const size = new TextEncoder().encode(out).length;
  assert.ok(size > 20_000 && size <= 60_000, `${size} bytes`);
  assert.match(out, /600 devices affected/);
  assert.match(out, /… and [\d,]+ more objects; `faros plan` shows all/);
  assert.equal(
    out.match(/<details>/g)?.length,
    out.match(/<\/details>/g)?.length,
  );
});
