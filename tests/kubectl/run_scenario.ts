import { dirname, join } from "node:path";
import { findKubectl } from "../e2e/kubectl.ts";
import { mask } from "./mask.ts";
import type { Scenario, Step } from "./scenario_file.ts";

/** Time that a command may take; what hangs is a failure. */
const LIMIT_MS = 30_000;

/** Options of {@linkcode runScenario}. */
export interface RunOptions {
  /** Kubeconfig of an administrator. */
  kubeconfig: string;
}

/**
 * Runs a scenario in a namespace of its own.
 *
 * @returns each command with its exit code and output, with what differs from run to run hidden
 */
export async function runScenario(
  scenario: Scenario,
  { kubeconfig }: RunOptions,
): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: `kubectl-${scenario.name}-` });
  const shell = new Shell(dir, kubeconfig);
  try {
    for (const [name, content] of Object.entries(scenario.files)) {
      await Deno.writeTextFile(join(dir, name), content);
    }
    await shell.prepare(scenario.name);
    const blocks: string[] = [];
    for (const step of scenario.steps) {
      try {
        const output = await shell.run(step);
        if (output !== undefined) blocks.push(mask(output, scenario.masks));
      } catch (error) {
        throw new Error(
          `Cannot run scenario ${scenario.name}, line ${step.line}: ${
            (error as Error).message
          }, after\n${blocks.slice(-3).join("\n")}`,
        );
      }
    }
    return blocks.join("\n").replaceAll(dir, "<dir>");
  } finally {
    await shell.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** A command that runs beside the others. */
interface Started {
  command: string;
  output: () => string;
  /** Resolves once the output matches, rejects at the end of it. */
  matches(pattern: RegExp): Promise<void>;
  kill(): Promise<void>;
}

/** Runs lines of shell with files of their own. */
class Shell {
  readonly #env: Record<string, string>;
  #started: Started | undefined;

  constructor(readonly dir: string, readonly kubeconfig: string) {
    const kubectl = findKubectl();
    if (!kubectl) throw new Error("Cannot run kubectl: it is not on the PATH");
    this.#env = {
      PATH: `${dirname(kubectl)}:${Deno.env.get("PATH") ?? ""}`,
      HOME: dir,
      TMPDIR: dir,
      KUBECONFIG: join(dir, ".kubeconfig"),
      KUBECACHEDIR: join(dir, ".cache"),
      LC_ALL: "C",
      TZ: "UTC",
    };
  }

  /** Makes the namespace, and the context's default of it. */
  async prepare(namespace: string): Promise<void> {
    await Deno.copyFile(this.kubeconfig, this.#env.KUBECONFIG!);
    const commands = [
      `kubectl create namespace ${namespace}`,
      `kubectl config set-context --current --namespace=${namespace}`,
      // What controllers put into every namespace. One by one: where two are not there kubectl does not wait for them.
      "kubectl wait --for=create sa/default --timeout=120s",
      "kubectl wait --for=create cm/kube-root-ca.crt --timeout=120s",
    ];
    for (const command of commands) {
      const { code, stderr } = await this.#run(command);
      if (code !== 0) throw new Error(`Cannot ${command}: ${stderr}`);
    }
  }

  /** The text of a step's outcome; undefined for what goes on. */
  async run(step: Step): Promise<string | undefined> {
    switch (step.type) {
      case "run": {
        const { code, stdout, stderr } = await this.#run(step.command);
        const output = stdout + stderr.replaceAll(/^(?!$)/gm, "! ");
        const end = code === 0 ? "" : `exit ${code}\n`;
        return `$ ${step.command}\n${endLine(output)}${end}`;
      }
      case "await":
        await this.#run(
          `until ${step.command}; do sleep 0.1; done >/dev/null 2>&1`,
        );
        return;
      case "start":
        this.#started = this.#start(step.command);
        await this.#started.matches(step.until);
        return;
      case "stop": {
        const started = this.#started;
        if (!started) throw new Error("nothing was started");
        await started.matches(step.until);
        await started.kill();
        this.#started = undefined;
        return `& ${started.command}\n${endLine(started.output())}`;
      }
    }
  }

  async close(): Promise<void> {
    await this.#started?.kill();
  }

  #command(command: string, stderr: "piped" | "inherit"): Deno.Command {
    return new Deno.Command("/bin/sh", {
      args: ["-c", command],
      cwd: this.dir,
      env: this.#env,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  }

  async #run(command: string) {
    const { code, signal, stdout, stderr } = await this.#command(
      command,
      "piped",
    ).output();
    if (signal) throw new Error(`${command} did not end in ${LIMIT_MS} ms`);
    const decoder = new TextDecoder();
    return {
      code,
      stdout: endLine(decoder.decode(stdout)),
      stderr: endLine(decoder.decode(stderr)),
    };
  }

  #start(command: string): Started {
    // The shell is replaced by the program, so that ending it ends that.
    const child = this.#command(`exec ${command}`, "inherit").spawn();
    let output = "";
    let ended = false;
    let wake = Promise.withResolvers<void>();
    const reading = (async () => {
      const text = child.stdout.pipeThrough(new TextDecoderStream());
      for await (const part of text) {
        output += part;
        wake.resolve();
        wake = Promise.withResolvers();
      }
      ended = true;
      wake.resolve();
    })();
    return {
      command,
      output: () => output,
      async matches(pattern) {
        while (!pattern.test(output)) {
          if (ended) {
            throw new Error(`${command} ended before ${pattern}:\n${output}`);
          }
          await wake.promise;
        }
      },
      async kill() {
        if (!ended) child.kill("SIGKILL");
        await child.status;
        await reading;
      },
    };
  }
}

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
