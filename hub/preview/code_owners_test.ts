import assert from "node:assert/strict";
import { codeOwners } from "./code_owners.ts";

Deno.test("codeOwners() takes the last pattern that matches", () => {
  const owners = codeOwners(`
# Everything
*                        @acme/everyone
*.yaml                   @acme/yaml  # not text
/workspaces/factory-a/   @acme/a ann@example.org
workspaces/*/workspace.yaml @acme/platform
/workspaces/factory-a/open/
docs/*                   @acme/writers
apps                     @acme/apps
/**/deep/                @acme/deep
`);
  const one = (path: string) => owners(path).flat().join(" ");
  assert.equal(one("README.md"), "@acme/everyone");
  assert.equal(one("a/b.yaml"), "@acme/yaml");
  assert.equal(
    one("workspaces/factory-a/x/agents.yaml"),
    "@acme/a ann@example.org",
  );
  assert.equal(one("workspaces/factory-a/workspace.yaml"), "@acme/platform");
  assert.equal(one("workspaces/factory-b/x.yaml"), "@acme/yaml");
  assert.equal(one("workspaces/factory-a/open/x.yaml"), "", "nobody's");
  assert.equal(one("docs/a.md"), "@acme/writers");
  assert.equal(one("docs/more/a.md"), "@acme/everyone", "not below");
  assert.equal(one("some/apps/a.md"), "@acme/apps");
  assert.equal(one("some/apps.md"), "@acme/everyone");
  assert.equal(one("some/deep/a.md"), "@acme/deep");
});

Deno.test("codeOwners() asks each section of GitLab's", () => {
  const owners = codeOwners(`
* @all
[Platform][2] @platform
workspace.yaml
/root/ @root
^[Nice to know] @curious
*
`);
  assert.deepEqual(owners("workspaces/a/workspace.yaml"), [["@all"], [
    "@platform",
  ]]);
  assert.deepEqual(owners("root/plugin.yaml"), [["@all"], ["@root"]]);
  assert.deepEqual(owners("a.yaml"), [["@all"]]);
});
