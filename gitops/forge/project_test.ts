import assert from "node:assert/strict";
import type { Repository } from "../../api/repository.ts";
import { projectOf } from "./project.ts";

type Forge = Partial<NonNullable<Repository["spec"]["forge"]>>;

const of = (url: string, forge: Forge = {}) =>
  projectOf({ url, forge } as Repository["spec"]);

Deno.test("projectOf() reads forge and path off every form of a URL", () => {
  for (
    const [url, root, path] of [
      ["https://github.com/acme/fleet.git", "https://github.com", "acme/fleet"],
      [
        "https://git.acme.org:8443/a/b/c/",
        "https://git.acme.org:8443",
        "a/b/c",
      ],
      [
        "git@gitlab.com:acme/eu/fleet.git",
        "https://gitlab.com",
        "acme/eu/fleet",
      ],
      [
        "ssh://git@git.acme.org:2222/acme/fleet",
        "https://git.acme.org",
        "acme/fleet",
      ],
      [
        "http://127.0.0.1:3000/acme/fleet.git",
        "http://127.0.0.1:3000",
        "acme/fleet",
      ],
    ] as const
  ) {
    assert.deepEqual(of(url), { root, path }, url);
  }
});

Deno.test("projectOf() takes what the Repository says otherwise", () => {
  const url = "https://example.org/git/acme/fleet.git";
  assert.deepEqual(of(url, { url: "https://example.org/git/" }), {
    root: "https://example.org/git",
    path: "acme/fleet",
  });
  assert.deepEqual(
    of("/srv/mirror.git", { url: "https://github.com", repository: "a/b.git" }),
    { root: "https://github.com", path: "a/b" },
  );
});

Deno.test("projectOf() refuses what tells no forge, or would send a token in the clear or elsewhere", () => {
  const refused: [string, Forge?][] = [
    ["/srv/fleet.git"],
    ["file:///srv/fleet.git"],
    ["https://github.com/fleet"],
    ["https://github.com/acme/../fleet"],
    ["https://github.com/acme/%2e%2e/fleet"],
    ["https://github.com/acme/fleet", { url: "http://github.com" }],
    ["https://github.com/acme/fleet", { url: "https://u:p@github.com" }],
    ["https://github.com/acme/fleet", { repository: "acme/fleet?x=1" }],
    ["https://github.com/acme/fleet", { repository: "acme/../../x/y" }],
  ];
  for (const [url, forge] of refused) {
    assert.throws(() => of(url, forge), /^ForgeError: Cannot tell/, url);
  }
  assert.throws(
    () => of("https://x/a/b", { url: "https://u:p@x" }),
    (error) => {
      assert.doesNotMatch(String(error), /u:p/);
      return true;
    },
  );
});
