import { join } from "node:path";
import { startApiServer } from "../../apiserver/mod.ts";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { install } from "../../hub/install.ts";
import {
  clusterConfig,
  createRestClient,
  KubeClient,
  parseKubeconfig,
} from "../../kube/mod.ts";
import { type Fault, startFaultProxy } from "../gitops/fault_proxy.ts";
import { makeGitRepository } from "../gitops/git_repository.ts";
import type { Random } from "../random.ts";
import { SyncModel } from "./sync/sync_model.ts";
import type { Soak } from "./soak.ts";

const SYNC_PROCESS = new URL("../gitops/sync_process.ts", import.meta.url)
  .pathname;
/** Codes of answers that the server did not give. */
const CODES = [500, 503, 409, 429];
/** Requests of a round that may be spoilt; after them the way is free. */
const SPOILT = 25;

/** Faults at every step of a sync, of the process that syncs and of the API server. */
export const sync: Soak = {
  name: "sync",
  title:
    "The process that syncs is killed at a step of a sync (before or after the request), the API server answers with errors, cuts answers or hangs, a Workspace is deleted amidst: the next sync completes, nothing is made or deleted twice, nothing is lost, and no partial list deletes anything.",
  count: 100,
  unit: "rounds",
  async run({ count, random, dir, say }) {
    await using stack = new AsyncDisposableStack();
    const server = await startApiServer({ dataDir: join(dir, "data") });
    stack.defer(() => server.close());
    const kubeconfig = server.kubeconfig();
    const config = clusterConfig(parseKubeconfig(kubeconfig));
    const client = new KubeClient(createRestClient(config));
    stack.defer(() => client.close());
    await install(client);
    const proxy = stack.use(startFaultProxy(config));
    const proxied = join(dir, "kubeconfig");
    await Deno.writeTextFile(
      proxied,
      kubeconfig.replace(config.server, proxy.url)
        .replace(/^ *certificate-authority-data:.*\n/m, ""),
    );
    const git = stack.use(await makeGitRepository());
    const model = stack.use(new SyncModel({ client, git, random }));
    let child = start();
    stack.defer(async () => void await child.kill());
    const telling = async (where: string, work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        throw new Error(`${where}: ${error}\n${child.tail(40)}`);
      }
    };
    await telling("the first sync", model.begin());
    const figures = {
      "kills at any moment": 0,
      "kills at a step": 0,
      "of them after the server had the request": 0,
      "requests of a sync, at most": 0,
      "different steps killed at": 0,
      "rounds with errors of the server": 0,
      "requests spoilt": 0,
      "rounds with a Workspace deleted": 0,
    };
    const killedAt = new Set<number>();
    proxy.arm(() => undefined);
    await telling("a round without faults", model.step("round 0"));
    let steps = proxy.count;
    const restart = async () => {
      await child.kill();
      proxy.arm();
      child = start();
    };
    for (let round = 1; round <= count; round++) {
      const where = `round ${round}`;
      // Of ten: one at any moment, five at a step, three of errors, one deletion.
      const sort = (round * 7) % 10 / 10;
      let restarting: Promise<void> | undefined;
      let at = Infinity;
      if (sort < 0.1) {
        // Between requests, too: while git runs, or nothing does.
        figures["kills at any moment"]++;
        const moment = random.int(500);
        restarting = new Promise((resolve) => setTimeout(resolve, moment))
          .then(restart);
      } else if (sort < 0.6) {
        // Each step once, as far as a sync has any, then any of them.
        const all = Array.from({ length: steps }, (_, i) => i + 1);
        const left = all.filter((step) => !killedAt.has(step));
        at = random.pick(left.length ? left : all);
        const forwarded = random.next() < 0.5;
        proxy.arm((n) => {
          if (n !== at) return;
          killedAt.add(at);
          figures["kills at a step"]++;
          if (forwarded) figures["of them after the server had the request"]++;
          return { act: () => restarting = restart(), forwarded };
        });
      } else if (sort < 0.9) {
        figures["rounds with errors of the server"]++;
        proxy.arm((n) => {
          if (n > SPOILT || random.next() > 0.15) return;
          figures["requests spoilt"]++;
          return fault(random);
        });
      } else {
        figures["rounds with a Workspace deleted"]++;
        const when = 1 + random.int(steps);
        proxy.arm((n) => {
          if (n === when) model.deleteWorkspace();
          return undefined;
        });
      }
      await telling(where, model.step(where));
      await restarting;
      // A kill that was not reached tells how many steps there were.
      if (at !== Infinity && !restarting) steps = Math.max(10, proxy.count);
      else steps = Math.min(steps + 1, 90);
      figures["requests of a sync, at most"] = Math.max(
        figures["requests of a sync, at most"],
        proxy.count,
      );
      proxy.arm();
      if (round % 20 === 0) say(`${where} of ${count}`);
    }
    figures["different steps killed at"] = killedAt.size;
    return { ...figures, ...model.figures };

    function start(): Child {
      return startChild([
        ...[Deno.execPath(), "run", "--quiet", "-A"],
        ...[SYNC_PROCESS, proxied, join(dir, "state")],
      ], { name: "sync" });
    }
  },
};

function fault(random: Random): Fault {
  const forwarded = random.next() < 0.5;
  const which = random.int(10);
  if (which < 7) return { status: random.pick(CODES), forwarded };
  return which < 9 ? "cut" : "hang";
}
