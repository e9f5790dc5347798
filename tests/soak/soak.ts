import type { Random } from "../random.ts";

/** A long run that looks for what a short test does not find. */
export interface Soak {
  /** `crash`, as in `deno task soak crash`. */
  name: string;
  /** What it shows, in a sentence. */
  title: string;
  /** How many rounds, requests, … a whole run has; `--share` runs a part of them. */
  count: number;
  /** What is counted: `rounds`. */
  unit: string;
  /** Why it cannot run on this machine; nothing where it can. */
  missing?(): string | undefined | Promise<string | undefined>;
  /** Throws where what it shows does not hold; returns its figures otherwise. */
  run(context: SoakContext): Promise<Figures>;
}

/** What a soak measured, by what it is. */
export type Figures = Record<string, number | string>;

/** What a run is given. */
export interface SoakContext {
  /** How many rounds, requests, … to do. */
  count: number;
  seed: number;
  /** Choices that repeat for the seed. */
  random: Random;
  /** An empty folder of its own; it is removed after a run that went well. */
  dir: string;
  /** Tells whoever looks on how far it is. */
  say(text: string): void;
}
