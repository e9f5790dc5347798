/**
 * `deno task bench:plan`: how long `faros plan` takes, from the start of the process to its end.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { selfCommand } from "../cli/self_command.ts";
import { renderTable } from "../cli/table.ts";
import { machine } from "../tests/machine.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", multiple: true, default: ["1000", "10000"] },
    runs: { type: "string", default: "3" },
    save: { type: "boolean" },
  },
});

const FIXTURE = new URL("../fixtures/pull_requests/fleet/", import.meta.url);
/** Agents of a workspace. */
const SIZE = 100;
/** Milliseconds that a plan of so many agents may take. */
const TARGETS: Record<number, number> = { 1000: 2000, 10000: 15_000 };

/** A change of the fleet, as paths and what becomes of their texts. */
interface Change {
  title: string;
  files: (paths: string[]) => string[];
  edit: (text: string) => string;
}

const first = "workspaces/site-0/";
const CHANGES: Change[] = [
  {
    title: "a version in one workspace",
    files: (paths) => paths.filter((p) => p === `${first}workspace.yaml`),
    edit: (text) => text.replace("version: 1.2.0", "version: 1.3.0"),
  },
  {
    title: "a port in every workspace",
    files: (paths) => paths.filter((p) => p.endsWith("/plugins.yaml")),
    edit: (text) => text.replace("51820", "51821"),
  },
  {
    title: "a plugin of the catalogue",
    files: (paths) => paths.filter((p) => p.startsWith("root/")),
    edit: (text) => text.replace("WireGuard networks", "Networks"),
  },
  {
    title: "every agent's manifest",
    files: (paths) => paths.filter((p) => p.includes("/agents/")),
    edit: (text) => text.replace("mtu: 1420", "mtu: 1400"),
  },
];

/** A run, from the start of the process to its end. */
interface Run {
  ms: number;
  /** Processor time of all threads, in milliseconds. */
  cpuMs: number;
}

const results: { agents: number; change: string; runs: Run[] }[] = [];
for (const agents of values.agents.map(Number)) {
  const dir = await Deno.makeTempDir({ prefix: "faros-bench-plan-" });
  try {
    const fleet = await makeFleet(dir, agents);
    for (const { title, files, edit } of CHANGES) {
      const touched = files([...fleet.keys()]);
      for (const path of touched) {
        await Deno.writeTextFile(join(dir, path), edit(fleet.get(path)!));
      }
      const runs: Run[] = [];
      for (let run = 0; run < Number(values.runs); run++) {
        runs.push(await plan(dir));
      }
      for (const path of touched) {
        await Deno.writeTextFile(join(dir, path), fleet.get(path)!);
      }
      results.push({ agents, change: title, runs });
      console.error(`${agents} agents, ${title}: ${seconds(best(runs, "ms"))}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const rows = results.map(({ agents, change, runs }) => {
  const target = TARGETS[agents];
  const ms = best(runs, "ms");
  return [
    agents.toLocaleString("en-US"),
    change,
    seconds(ms),
    seconds(Math.max(...runs.map((run) => run.ms))),
    seconds(best(runs, "cpuMs")),
    target === undefined
      ? ""
      : `< ${target / 1000} s ${ms < target ? "✓" : "✗"}`,
  ];
});
const header = [
  "agents",
  "what changes",
  "best",
  "worst",
  "processor time",
  "target",
];
console.log(
  renderTable([header.map((title) => title.toUpperCase()), ...rows]),
);
if (values.save) {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  await Deno.writeTextFile(
    new URL("results/plan.md", import.meta.url),
    [
      "# faros plan",
      "",
      "Written by `deno task bench:plan --save`: from the start of the process to its end, the best and the worst of " +
      `${values.runs} runs, ${SIZE} agents in a workspace, a file for each. Processor time is that of all threads, of the best run.`,
      "",
      `- ${
        new Date().toISOString().slice(0, 10)
      }, ${machine()}; load average after it: ${
        Deno.loadavg()[0]!.toFixed(1)
      }.`,
      "",
      line(header),
      line(header.map(() => "---")),
      ...rows.map(line),
      "",
    ].join("\n"),
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", new URL("results/plan.md", import.meta.url).pathname],
  }).output();
}

/** Runs it. The shell tells what it took of the processors. */
async function plan(dir: string): Promise<Run> {
  const start = performance.now();
  const { code, stderr } = await new Deno.Command("bash", {
    args: [
      "-c",
      'TIMEFORMAT="%U %S"; time "$@"',
      "bash",
      ...selfCommand(),
      "plan",
      "-o",
      "markdown",
      dir,
    ],
    stdout: "null",
  }).output();
  const ms = performance.now() - start;
  const said = new TextDecoder().decode(stderr).trim();
  if (code !== 2) throw new Error(`faros plan ended with ${code}: ${said}`);
  const [user = 0, system = 0] = said.split("\n").at(-1)!.split(" ").map(
    Number,
  );
  return { ms, cpuMs: (user + system) * 1000 };
}

function best(runs: Run[], of: keyof Run): number {
  return Math.min(...runs.map((run) => run[of]));
}

/** Commits a fleet. @returns Its files */
async function makeFleet(
  dir: string,
  agents: number,
): Promise<Map<string, string>> {
  const read = (path: string) => Deno.readTextFile(new URL(path, FIXTURE));
  const workspace = await read("workspaces/factory-b/workspace.yaml");
  const plugins = await read("workspaces/factory-b/plugins.yaml");
  const files = new Map([
    ["root/wireguard.yaml", await read("root/catalogue/wireguard.yaml")],
  ]);
  for (let i = 0; i < agents; i++) {
    const name = `site-${Math.floor(i / SIZE)}`;
    const folder = `workspaces/${name}`;
    files.set(
      `${folder}/workspace.yaml`,
      workspace.replaceAll("factory-b", name),
    );
    files.set(`${folder}/plugins.yaml`, plugins);
    files.set(
      `${folder}/agents/device-${i}.yaml`,
      `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: device-${i}
  labels: { line: line-${i % 7} }
spec:
  plugins:
    - name: host
    - name: line
      config: { address: 10.8.${i >> 8}.${i & 255}, mtu: 1420 }
`,
    );
  }
  for (const [path, text] of files) {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text);
  }
  for (
    const args of [
      ["init", "-q", "-b", "main"],
      ["add", "-A"],
      ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"].concat([
        "commit",
        "-q",
        "-m",
        "The fleet",
      ]),
    ]
  ) {
    await new Deno.Command("git", { args: ["-C", dir, ...args] }).output();
  }
  return files;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
