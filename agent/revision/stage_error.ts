/** Why a Revision cannot be staged. */
export class StageError extends Error {
  override name = "StageError";
  /** CamelCase, for a condition. */
  readonly reason: string;
  /** Whether only another Revision helps; else it is tried again. */
  readonly terminal: boolean;
  constructor(
    reason: string,
    message: string,
    options: { terminal?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.terminal = options.terminal ?? false;
  }
}
