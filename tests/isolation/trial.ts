import type { Answer, Ask, Http } from "./http.ts";
import { describeAsk } from "./served.ts";
import type { Actor } from "./world.ts";

/** What an attempt is to come to. */
export type Expected =
  /** 401 or 403: the request went no further than authorization. */
  | "refused"
  /** Anything but success. */
  | "no success"
  /** Success. */
  | "allowed"
  /** Anything, but nothing of the other's. */
  | "nothing";

/** What was found of {@linkcode Trial}. */
export interface Verdict {
  /** Attempts for which the right identity had success in the same run. */
  counted: number;
  /** Attempts that nobody has success with, which were refused all the same. */
  inert: number;
  /** What nobody has success with, in whatever form, and why. */
  inertNames: ReadonlyMap<string, string>;
  /** What is not as it should be. */
  findings: readonly string[];
}

/** Tries, and keeps count. */
export class Trial implements Verdict {
  counted = 0;
  inert = 0;
  readonly #live = new Set<string>();
  readonly #inert = new Map<string, string>();
  readonly findings: string[] = [];
  readonly #http: Http;
  /** Texts that only the other workspace has. */
  readonly #secrets: readonly string[];

  constructor(http: Http, { secrets }: { secrets: readonly string[] }) {
    this.#http = http;
    this.#secrets = secrets;
  }

  /**
   * Asks as the right identity.
   *
   * @returns whether it had success; only then does a refusal say anything
   */
  async control(
    ask: Ask,
    { token, shows, name }: {
      token: string | undefined;
      /** Text that the answer has to have. */
      shows?: string;
      /** What it counts under where it has none. */
      name: string;
    },
  ): Promise<boolean> {
    const answer = await this.#http.send(ask, token);
    const live = isSuccess(answer) && (!shows || answer.text.includes(shows));
    if (!live) {
      this.#inert.set(name, `${answer.status} ${short(answer)}`);
    } else this.#live.add(name);
    return live;
  }

  get inertNames(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#inert].filter(([name]) => !this.#live.has(name)),
    );
  }

  /** Tries as somebody. */
  async attempt(
    actor: Actor,
    ask: Ask,
    { expected, live }: { expected: Expected; live: boolean },
  ): Promise<Answer> {
    const answer = await this.#http.send(ask, actor.token);
    this.judge(actor, ask, { answer, expected, live });
    return answer;
  }

  /** Judges an answer that came another way. */
  judge(
    actor: Actor,
    ask: Ask,
    { answer, expected, live }: {
      answer: Answer;
      expected: Expected;
      live: boolean;
    },
  ): void {
    if (live) this.counted++;
    else this.inert++;
    const refused = answer.status === 401 || answer.status === 403;
    const wrong = expected === "refused"
      ? !refused
      : expected === "no success"
      ? isSuccess(answer)
      : expected === "allowed"
      ? refused || live && !isSuccess(answer)
      : false;
    const leaked = this.#secrets.some((secret) =>
      answer.text.includes(secret) && !(ask.body ?? "").includes(secret) &&
      !ask.path.includes(secret)
    );
    if (wrong) this.find(actor, ask, `is ${expected}`, answer);
    else if (leaked) this.find(actor, ask, "tells nothing of it", answer);
  }

  /** Notes what is not as it should be. */
  find(actor: Actor, ask: Ask, should: string, answer: Answer): void {
    this.findings.push(
      `${actor.name}: ${
        describeAsk(ask)
      }: should be that it ${should}, but: ${answer.status} ${short(answer)}`,
    );
  }
}

/** Whether it was done. */
export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function short({ text }: Answer): string {
  let message = text;
  try {
    message = JSON.parse(text).message ?? text;
  } catch {
    // It is no Status.
  }
  return message.replaceAll(/\s+/g, " ").slice(0, 300);
}
