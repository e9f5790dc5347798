import assert from "node:assert/strict";
import { relative } from "node:path";
import { UsageError } from "../errors.ts";
import { hereOrUrl } from "./here_or_url.ts";

Deno.test("hereOrUrl() takes a folder by its path from the current one", async () => {
  const dir = await Deno.makeTempDir({ prefix: "faros-here-" });
  try {
    assert.equal(await hereOrUrl(relative(Deno.cwd(), dir)), dir);
    await Deno.remove(dir);
    await assert.rejects(hereOrUrl(relative(Deno.cwd(), dir)), UsageError);
  } finally {
    await Deno.remove(dir).catch(() => {});
  }
});

Deno.test("hereOrUrl() leaves URLs and absolute paths as they are", async () => {
  for (
    const url of [
      "https://git.example.org/fleet",
      "file:///srv/fleet",
      "git@git.example.org:fleet",
      "git.example.org:~/fleet",
      "/srv/fleet",
    ]
  ) {
    assert.equal(await hereOrUrl(url), url);
  }
});
