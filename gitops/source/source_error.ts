/**
 * Why a source may not be had: reasons of a Repository's conditions and Events.
 * docs/gitops.md tells what each means.
 */
export const SOURCE_REASONS = [
  "SpecInvalid",
  "SecretNotFound",
  "SecretInvalid",
  "AuthenticationFailed",
  "HostKeyUnknown",
  "HostKeyMismatch",
  "CertificateInvalid",
  "ProxyFailed",
  "RepositoryNotFound",
  "RefNotFound",
  "PathNotFound",
  "TooLarge",
  "Unreachable",
  "Timeout",
  "VerificationFailed",
  "ProgramMissing",
  "FetchFailed",
] as const;

/** One of {@linkcode SOURCE_REASONS}. */
export type SourceReason = (typeof SOURCE_REASONS)[number];

/** Reasons of a commit, or a ref, that another push mends. */
const MENDED_BY_PUSH: readonly SourceReason[] = [
  "RefNotFound",
  "PathNotFound",
  "TooLarge",
  "VerificationFailed",
];

/** A source that cannot be had, and why. */
export class SourceError extends Error {
  override name = "SourceError";
  readonly reason: SourceReason;
  /** What was being done. */
  readonly what: string;
  /** What was found, without what was being done. */
  readonly detail: string;

  /** @param what What was being done: `Cannot fetch /srv/fleet.git` */
  constructor(reason: SourceReason, what: string, detail: string) {
    super(`${what}: ${detail}`);
    this.reason = reason;
    this.what = what;
    this.detail = detail;
  }

  /** Whether trying again is no use before somebody changes the Repository. */
  get stalled(): boolean {
    return this.reason === "SpecInvalid";
  }

  /**
   * Whether the server answered well, so that a push mends it: then the next
   * look is no more than the next poll, and does not queue behind failures.
   */
  get mendedByPush(): boolean {
    return MENDED_BY_PUSH.includes(this.reason);
  }
}
