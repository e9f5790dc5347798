import assert from "node:assert/strict";
import { LogFile } from "./log_file.ts";

async function withFolder(test: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir({ prefix: "log-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function contents(dir: string): Promise<string[]> {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  // `audit.log` itself is the newest.
  return await Promise.all(
    [...names.slice(1), names[0]!].map((name) =>
      Deno.readTextFile(`${dir}/${name}`)
    ),
  );
}

const fail = (error: unknown) => {
  throw error;
};

Deno.test("LogFile keeps every line in order over rotations, and as many files as it may", () =>
  withFolder(async (dir) => {
    let time = Date.UTC(2026, 0, 1);
    const options = {
      path: `${dir}/audit.log`,
      maxBytes: 20,
      maxBackups: 2,
      now: () => new Date(time += 1000),
      onError: fail,
    };
    const file = await LogFile.open(options);
    for (let i = 0; i < 6; i++) file.write(`line ${i}`);
    file.write("a line that is longer than a file may be");
    await file.close();
    const kept = await contents(dir);
    assert.deepEqual(kept, [
      "line 2\nline 3\n",
      "line 4\nline 5\n",
      "a line that is longer than a file may be\n",
    ]);
    // Another start goes on where this one was.
    const next = await LogFile.open({ ...options, maxBytes: 100 });
    next.write("more");
    await next.close();
    assert.match((await contents(dir)).at(-1)!, /^a line.*\nmore\n$/);
  }));

Deno.test("LogFile removes rotated files that are too old", () =>
  withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/audit.log.2025-01-01T00-00-00.000Z`, "");
    await Deno.writeTextFile(`${dir}/audit.log.other`, "stays");
    const file = await LogFile.open({
      path: `${dir}/audit.log`,
      maxBytes: 10,
      maxAgeDays: 30,
      now: () => new Date("2026-01-01T00:00:00Z"),
      onError: fail,
    });
    for (let i = 0; i < 2; i++) file.write("123456789");
    await file.close();
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "audit.log",
      "audit.log.2026-01-01T00-00-00.000Z",
      "audit.log.other",
    ]);
  }));

Deno.test("LogFile drops and counts what the disk does not keep up with", () =>
  withFolder(async (dir) => {
    const file = await LogFile.open({
      path: `${dir}/audit.log`,
      maxQueued: 12,
      onError: fail,
    });
    for (let i = 0; i < 5; i++) file.write("12345");
    assert.equal(file.dropped, 3);
    await file.close();
    assert.deepEqual(await contents(dir), ["12345\n12345\n"]);
  }));

Deno.test("LogFile goes on in a new file where the old one was taken away, and where a new one could not be made for a while", () =>
  withFolder(async (dir) => {
    const folder = `${dir}/logs`;
    await Deno.mkdir(folder);
    const path = `${folder}/audit.log`;
    let failures = 0;
    const file = await LogFile.open({
      path,
      maxBytes: 10,
      onError: () => failures++,
    });
    const write = async (line: string) => {
      file.write(line);
      await file.settled();
    };
    await write("123456789");
    await Deno.remove(path);
    await write("after it was taken away");
    assert.equal(await Deno.readTextFile(path), "after it was taken away\n");

    await Deno.rename(folder, `${dir}/away`);
    await write("lost");
    await write("lost, too");
    assert.deepEqual([failures, file.dropped], [2, 2]);
    await Deno.mkdir(folder);
    await write("all is well again");
    assert.equal(await Deno.readTextFile(path), "all is well again\n");
    await file.close();
  }));
