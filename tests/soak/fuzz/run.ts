import type { Child } from "../../../cli/demo/child.ts";
import { Choices } from "./choices.ts";
import { generate } from "./generate.ts";
import { judge } from "./judge.ts";
import { Learned } from "./learned.ts";
import { type RawAnswer, RawClient } from "./raw_client.ts";
import { type FuzzRequest, toCurl, wireBytes } from "./request.ts";
import { shrink } from "./shrink.ts";
import { type Address, discover } from "./target.ts";

/** Options of {@linkcode runFuzz}. */
export interface FuzzOptions {
  requests: number;
  seed: number;
  /** Connections that send at the same time. @default {8} */
  connections?: number;
  /** Different failures after which it stops. @default {20} */
  maxFailures?: number;
  /** Sees each answer. */
  onAnswer?: (request: FuzzRequest, answer: RawAnswer) => void;
  /** Gets what somebody who waits wants to read. */
  log?: (line: string) => void;
}

/** One way in which the server failed. */
export interface FuzzFailure {
  /** Number of the request that showed it first. */
  index: number;
  problem: string;
  /** The smallest request that was found to show it. */
  curl: string;
}

/** What came of it. */
export interface FuzzResult {
  seed: number;
  requests: number;
  seconds: number;
  /** Answers by their code. */
  codes: Record<string, number>;
  failures: FuzzFailure[];
  /** Of the server, in MiB: after the first tenth, at most, and at the end. */
  memory: { early: number; peak: number; end: number };
}

/** Seconds that an answer may take: as long as the server gives a request, and a little. */
const TIMEOUT_MS = 65_000;
/** Milliseconds in which a process that breaks its connections has ended. */
const ENDING_MS = 3000;
const MIB = 1 << 20;

/** Sends generated requests over HTTPS, and judges each answer. */
export async function runFuzz(
  address: Address,
  child: Child,
  options: FuzzOptions,
): Promise<FuzzResult> {
  const { requests, seed, connections = 8, maxFailures = 20 } = options;
  const { log = () => {} } = options;
  const target = await discover(address);
  const host = `${address.hostname}:${address.port}`;
  const learned = new Learned();
  const started = performance.now();
  const result: FuzzResult = {
    seed,
    requests: 0,
    seconds: 0,
    codes: {},
    failures: [],
    memory: { early: 0, peak: 0, end: 0 },
  };
  const seen = new Set<string>();
  let next = 0;

  /** Sends one request; what is wrong with the answer. */
  async function attempt(client: RawClient, request: FuzzRequest) {
    try {
      const answer = await client.send(
        wireBytes(request, { host, token: address.token }),
        { method: request.method },
      );
      const { status } = answer;
      result.codes[status] = (result.codes[status] ?? 0) + 1;
      learned.take(request, answer);
      options.onAnswer?.(request, answer);
      return judge(request, answer);
    } catch (error) {
      // A connection breaks a moment before the end of the process is known.
      const status = await Promise.race([child.ended, later(ENDING_MS)]);
      return status
        ? `the server ended (${status.signal ?? status.code})`
        : `no answer: ${(error as Error).message}`;
    }
  }

  async function fail(
    client: RawClient,
    failure: { index: number; problem: string; request: FuzzRequest },
  ) {
    const kind = kindOf(failure.problem, failure.request);
    if (seen.has(kind)) return;
    seen.add(kind);
    log(`request ${failure.index}: ${failure.problem}; making it smaller`);
    const smallest = child.status ? failure.request : await shrink(
      failure.request,
      async (candidate) => {
        const problem = await attempt(client, candidate);
        return problem !== undefined && kindOf(problem, candidate) === kind;
      },
    );
    const { index, problem } = failure;
    const found = { index, problem, curl: toCurl(smallest, address.url) };
    result.failures.push(found);
    log(
      `FAILED request ${index}: ${problem}\n${found.curl}\n${child.tail(12)}`,
    );
  }

  async function work() {
    const client = new RawClient({
      ...address,
      timeoutMs: TIMEOUT_MS,
      streamMs: 100,
    });
    while (next < requests && result.failures.length < maxFailures) {
      if (child.status) break;
      const index = next++;
      // Of the number and the seed alone, whichever connection it falls to.
      const random = new Choices(Math.imul(seed, 0x9e3779b1) ^ index);
      const request = generate(random, { target, learned });
      const problem = await attempt(client, request);
      result.requests++;
      if (problem) await fail(client, { index, problem, request });
      if (index % 1000 === 999) {
        const memory = memoryOf(child.pid);
        result.memory.peak = Math.max(result.memory.peak, memory);
        if (index < requests / 10 || index === 999) {
          result.memory.early = memory;
        }
        if (index % 10_000 === 9999) {
          log(`${index + 1} requests, ${memory} MiB`);
        }
      }
    }
    client.close();
  }

  await Promise.all(Array.from({ length: connections }, work));
  if (!child.status) result.memory.end = memoryOf(child.pid);
  result.seconds = Math.round((performance.now() - started) / 1000);
  return result;
}

function later(ms: number): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  Deno.unrefTimer(setTimeout(() => resolve(undefined), ms));
  return promise;
}

/** Failures of one kind are reported once. */
function kindOf(problem: string, { method, path }: FuzzRequest): string {
  const words = problem.replaceAll(/"[^"]*"|\d+/g, "#").slice(0, 80);
  return problem.startsWith("5")
    ? `${words} ${method} ${path.split("/").length}`
    : words;
}

/** Resident MiB of a process; 0 where the system does not tell. */
function memoryOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Math.round(
      Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024 / MIB,
    );
  } catch {
    return 0;
  }
}
