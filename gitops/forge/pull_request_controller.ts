import {
  PULL_REQUESTS_MANAGER,
  PULL_REQUESTS_REQUESTED_ANNOTATION,
} from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import { type Result, runController } from "../../kube/mod.ts";
import type { Mirror } from "../source/mirror.ts";
import { SourceError } from "../source/source_error.ts";
import type { PullRequest, PullRequests } from "./forge.ts";
import type { ForgeControllerOptions } from "./forge_controller.ts";
import { ForgeError } from "./forge_client.ts";
import { ForgeReporter } from "./forge_reporter.ts";
import { openForgeOf } from "./open_forge_of.ts";
import {
  fetchPullRequest,
  type PlanPullRequest,
  type PullRequestPlan,
  type Sides,
} from "./plan_pull_request.ts";
import { upsertComment } from "./upsert_comment.ts";

/** Options of {@linkcode runPullRequestController}. */
export interface PullRequestControllerOptions extends ForgeControllerOptions {
  /** Where mirrors are kept: a cache. */
  stateDir: string;
  plan: PlanPullRequest;
  random: () => number;
}

type Planned = NonNullable<
  NonNullable<Repository["status"]>["pullRequests"]
>[number];

/** Without a webhook they are looked for that often, in milliseconds. */
const INTERVAL = 5 * 60_000;
/** How often one is begun that comes to no end: it may take the hub along. */
const ATTEMPTS = 2;
/** Characters of a check's words that GitHub takes. */
const MAX = 140;
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Plans open pull requests to the branches that Repositories follow, and tells their forges. */
export function runPullRequestController(
  options: PullRequestControllerOptions,
): Promise<void> {
  const controller = new PullRequestController(options);
  const { repositories, log, clock, signal } = options;
  return runController({
    name: "repository-pull-requests",
    reconcile: ({ name }, { signal }) => controller.reconcile(name, signal),
    sources: [{
      informer: repositories,
      filter: ({ type, object, old }) =>
        type !== "updated" || !old ||
        object.metadata.generation !== old.metadata.generation ||
        requested(object) !== requested(old),
    }],
    // Planning takes a processor for itself.
    concurrency: 1,
    timeout: 60 * 60_000,
    log,
    clock,
    signal,
  });
}

class PullRequestController {
  readonly #options: PullRequestControllerOptions;
  readonly #reporter: ForgeReporter;
  /** What is known of pull requests, newer than what an informer has. */
  readonly #planned = new Map<string, Planned[]>();
  readonly #mirrors = new Map<string, Mirror>();
  /** Pull requests that this process has begun and not told of yet. */
  readonly #begun = new Set<string>();

  constructor(options: PullRequestControllerOptions) {
    this.#options = options;
    this.#reporter = new ForgeReporter({
      ...options,
      manager: PULL_REQUESTS_MANAGER,
      condition: "PullRequestsReported",
    });
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const { repositories, random } = this.#options;
    const repository = repositories.get(undefined, name);
    if (!repository?.spec.forge?.pullRequests) {
      this.#planned.delete(name);
      await this.#mirrors.get(name)?.reset();
      this.#mirrors.delete(name);
      if (!repository) return;
      return await this.#reporter.forget(repository, {
        fields: ["pullRequests"],
        signal,
      });
    }
    if (repository.spec.suspend || repository.metadata.deletionTimestamp) {
      return;
    }
    const wait = this.#reporter.wait(repository);
    if (wait > 0) return { requeueAfter: wait };
    if (!this.#planned.has(name)) {
      this.#planned.set(name, repository.status?.pullRequests ?? []);
    }
    try {
      await this.#look(repository, signal);
    } catch (error) {
      signal.throwIfAborted();
      const known = error instanceof ForgeError
        ? error
        : error instanceof SourceError
        ? new ForgeError("ForgeUnreachable", error.message)
        : undefined;
      if (!known) throw error;
      return await this.#reporter.failed(repository, {
        error: known,
        fields: this.#fields(name),
        signal,
      });
    }
    return { requeueAfter: INTERVAL * (0.95 + random() * 0.1) };
  }

  /** Looks which there are, and plans what is new of them. */
  async #look(repository: Repository, signal: AbortSignal): Promise<void> {
    const { name } = repository.metadata;
    const branch = branchOf(repository);
    using forge = await openForgeOf(repository, { ...this.#options, signal });
    const { pullRequests: pulls } = forge;
    if (!pulls) {
      throw invalid("Faros knows nothing of pull requests of that forge");
    }
    const open = (await pulls.list(branch, { signal }))
      .filter(({ head }) => COMMIT.test(head));
    const numbers = new Set(open.map(({ number }) => number));
    this.#planned.set(
      name,
      this.#planned.get(name)!.filter(({ number }) => numbers.has(number)),
    );
    const { context = `faros/${name}` } = repository.spec.forge!;
    for (const pull of open) {
      const done = await this.#plan(repository, {
        pull,
        pulls,
        branch,
        signal,
      });
      if (!done) continue;
      const { state, summary } = done.planned;
      const id = await upsertComment(pulls, {
        number: pull.number,
        marker: `<!-- faros plan of ${name} -->`,
        body: done.result.markdown,
        id: done.planned.comment,
        onlyEdit: done.result.empty ?? false,
        signal,
      });
      await forge.setStatus({
        commit: pull.head,
        state,
        description: shorten(summary),
      }, { context: `${context}/plan`, signal });
      this.#note(name, { ...done.planned, ...(id ? { comment: id } : {}) });
      this.#begun.delete(`${name} ${pull.number} ${pull.head}`);
    }
    const { length } = open;
    await this.#reporter.succeeded(repository, {
      fields: this.#fields(name),
      message: `Looked at ${length} open pull request${
        length === 1 ? "" : "s"
      } to branch ${branch}`,
      signal,
    });
  }

  /** Plans one, unless it is planned already. */
  async #plan(
    repository: Repository,
    of: {
      pull: PullRequest;
      pulls: PullRequests;
      branch: string;
      signal: AbortSignal;
    },
  ): Promise<{ planned: Planned; result: PullRequestPlan } | undefined> {
    const { pull, pulls, branch, signal } = of;
    const { number, head } = pull;
    const { name } = repository.metadata;
    const { log, clock } = this.#options;
    const before = this.#planned.get(name)!.find((p) => p.number === number);
    const same = before?.head === head;
    if (same && before.state !== "pending") return undefined;
    const base = await pulls.mergeBase(pull, { branch, signal });
    // Its forge is not done with the push yet.
    if (!COMMIT.test(base)) return undefined;
    const key = `${name} ${number} ${head}`;
    // Only what a process that is gone had begun counts.
    const attempts = (same ? before.attempts ?? 0 : 0) +
      (this.#begun.has(key) ? 0 : 1);
    this.#begun.add(key);
    const planned: Planned = {
      number,
      head,
      base,
      state: "pending",
      summary: "Planning it",
      attempts,
      ...(before?.comment ? { comment: before.comment } : {}),
    };
    let result: PullRequestPlan;
    if (attempts > ATTEMPTS) {
      result = failed("the hub came to no end with it");
    } else {
      // Written before: what takes the hub along is not begun for ever.
      this.#note(name, planned);
      await this.#reporter.succeeded(repository, {
        fields: this.#fields(name),
        message: `Planning pull request ${number}`,
        signal,
      });
      const started = clock.now();
      const found = await this.#run(repository, { ...of, base });
      // Pushed to, or closed, meanwhile: that comes up by itself.
      if (!found) return undefined;
      result = found;
      log.info("Planned a pull request", {
        repository: name,
        number,
        head,
        base,
        summary: result.summary,
        milliseconds: clock.now() - started,
      });
    }
    const { ok, summary } = result;
    const { attempts: _, ...rest } = planned;
    return {
      planned: { ...rest, state: ok ? "success" : "failure", summary },
      result,
    };
  }

  /** Fetches both sides and plans; nothing where the head is another by now. */
  async #run(
    repository: Repository,
    of: {
      pull: PullRequest;
      pulls: PullRequests;
      base: string;
      signal: AbortSignal;
    },
  ): Promise<PullRequestPlan | undefined> {
    const { pull: { number, head }, pulls, base, signal } = of;
    let sides: Sides | undefined;
    try {
      sides = await fetchPullRequest(repository, {
        ...this.#options,
        ref: pulls.ref(number),
        base,
        signal,
      });
    } catch (error) {
      // What the pull request brings, another push mends.
      if (error instanceof SourceError && error.mendedByPush) {
        return failed(error.message);
      }
      throw error;
    }
    if (sides) this.#mirrors.set(repository.metadata.name, sides.mirror);
    if (sides?.head.commit !== head) return undefined;
    return await this.#options.plan({ repository, ...sides }, signal)
      .catch((error) => {
        signal.throwIfAborted();
        return failed(error instanceof Error ? error.message : String(error));
      });
  }

  #note(name: string, planned: Planned): void {
    const others = this.#planned.get(name)!
      .filter(({ number }) => number !== planned.number);
    this.#planned.set(
      name,
      [...others, planned].sort((a, b) => a.number - b.number),
    );
  }

  #fields(name: string): { pullRequests: Planned[] } {
    return { pullRequests: this.#planned.get(name) ?? [] };
  }
}

function requested({ metadata }: Repository): string | undefined {
  return metadata.annotations?.[PULL_REQUESTS_REQUESTED_ANNOTATION];
}

/** The branch that pull requests go to. */
function branchOf({ spec: { ref } }: Repository): string {
  if (!ref) return "main";
  const branch = ref.branch ?? /^refs\/heads\/(.+)$/.exec(ref.name ?? "")?.[1];
  if (branch) return branch;
  throw invalid("spec.ref is no branch, and pull requests go to one");
}

function invalid(found: string): ForgeError {
  return new ForgeError(
    "ForgeInvalid",
    `Cannot look for pull requests: ${found}`,
  );
}

function failed(why: string): PullRequestPlan {
  const summary = `cannot be planned: ${why}`;
  return {
    ok: false,
    summary,
    // As code: the words may be of what it brings.
    markdown: `It cannot be planned:\n\n${
      why.split("\n").map((line) => `    ${line}`).join("\n")
    }`,
  };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= MAX ? line : `${line.slice(0, MAX - 1)}…`;
}
