/** A place in what a config is merged of. */
export interface ConfigPlace {
  /** The plugin object's config, or that of the Agent's entry. */
  in: "object" | "entry";
  /** In that config; maybe further than what is there. */
  path: (string | number)[];
  about: "key" | "value";
}

/** Why something cannot be resolved: becomes the reason and message of a condition. */
export class Problem extends Error {
  override name = "Problem";
  /** CamelCase, for programs. */
  readonly reason: string;
  /** Of a config: where the first thing that is wrong is. */
  readonly place?: ConfigPlace;

  constructor(
    reason: string,
    message: string,
    { place }: { place?: ConfigPlace } = {},
  ) {
    super(message);
    this.reason = reason;
    this.place = place;
  }
}
