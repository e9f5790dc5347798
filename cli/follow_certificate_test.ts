import assert from "node:assert/strict";
import { FakeClock } from "../kube/clock.ts";
import { createLogger } from "../kube/log.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { followCertificate, readCertificate } from "./follow_certificate.ts";

Deno.test("followCertificate() uses what has changed, and keeps what it has where that is of no use", async () => {
  const dir = await Deno.makeTempDir();
  const files = { cert: `${dir}/tls.crt`, key: `${dir}/tls.key` };
  const write = async (content: string) => {
    await Deno.writeTextFile(files.cert, content);
    await Deno.writeTextFile(files.key, content);
  };
  await write("one");
  const clock = new FakeClock();
  const ending = new AbortController();
  const used: string[] = [];
  const logs: string[] = [];
  const following = followCertificate(files, {
    current: await readCertificate(files),
    use({ cert }) {
      if (cert === "broken") return Promise.reject(new Error("no PEM"));
      used.push(cert);
      return Promise.resolve();
    },
    log: createLogger({ write: (line) => logs.push(line) }),
    clock,
    signal: ending.signal,
  });
  const look = () => clock.advance(60_000);
  await look();
  await write("broken");
  await eventually(async () => {
    await look();
    return logs.some((line) => line.includes("no PEM"));
  }, { timeout: 60_000 });
  await write("two");
  await eventually(async () => {
    await look();
    return used.length;
  }, { timeout: 60_000 });
  ending.abort();
  await following;
  assert.deepEqual(used, ["two"]);
  await Deno.remove(dir, { recursive: true });
});
