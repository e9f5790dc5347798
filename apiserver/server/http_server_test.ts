import assert from "node:assert/strict";
import { eventually } from "../test_client.ts";

const TIMEOUT = 60_000;

Deno.test({
  name:
    "serveHttp(): more connections than there are descriptors end neither the server nor the connections that stand",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const script = new URL("./testdata/few_descriptors.ts", import.meta.url);
    await using child = new Deno.Command("sh", {
      args: [
        "-c",
        'ulimit -n 64; exec "$0" run -A --no-check "$1"',
        Deno.execPath(),
        script.href,
      ],
      stdout: "piped",
    }).spawn();
    let said = "";
    const read = (async () => {
      for await (
        const text of child.stdout.pipeThrough(new TextDecoderStream())
      ) {
        said += text;
      }
    })();
    const port = Number(
      await eventually(() => /^port (\d+)/.exec(said)?.[1], TIMEOUT),
    );
    const url = `http://127.0.0.1:${port}`;
    const open = (await fetch(`${url}/open`)).body!.getReader();
    await open.read();

    const many: Deno.Conn[] = [];
    await eventually(async () => {
      // Those that the server cannot accept wait in the system's queue, or are refused.
      await Deno.connect({ port }).then((c) => many.push(c), () => {});
      return /Cannot accept a connection .* raise their limit/.test(said);
    }, TIMEOUT);
    assert.equal(many.length > 10, true);
    for (const connection of many) connection.close();

    const answer = () =>
      eventually(
        () => fetch(url).then((response) => response.text(), () => undefined),
        TIMEOUT,
      );
    assert.equal(await answer(), "served");
    // Its end, or an error, would be there first.
    assert.equal(await Promise.race([open.read(), answer()]), "served");
    child.kill();
    await open.cancel().catch(() => {});
    await read;
  },
});
