/** Why something cannot be resolved: becomes the reason and message of a condition. */
export class Problem extends Error {
  override name = "Problem";
  /** CamelCase, for programs. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
