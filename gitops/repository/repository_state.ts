import { Backoff } from "../../kube/mod.ts";
import type { Fetched } from "../source/source.ts";
import type { FetchRetry } from "./fetch_retry.ts";
import type { Loaded } from "./load_repository.ts";
import type { RepositoryFacts } from "./repository_status.ts";
import type { StatusWriter } from "./status_writer.ts";

/** What this process knows of a Repository. All of it can be found out again. */
export interface RepositoryState {
  readonly name: string;
  facts: RepositoryFacts;
  fetched?: Fetched;
  /** Generation of the Repository that it was fetched for. */
  fetchedFor?: number;
  /** What was made of it. */
  loaded?: Loaded;
  /** Commit that was noted last in the log of those that changed something. */
  loggedCommit?: string;
  /** Annotation that asked for the last sync. */
  requestedAt?: string;
  /** Annotation that asked for the last look for commits. */
  fetchRequestedAt?: string;
  /** Annotation that let removals go. */
  approved?: string;
  /** Tokens of removals of which people were told that they wait. */
  readonly announced: Set<string>;
  /** Whether the next sync looks at everything again. */
  force: boolean;
  /** When everything was last looked at, milliseconds since 1970. */
  lookedAt: number;
  /** Aborted when a newer commit is there. */
  superseded: AbortController;
  readonly retry: FetchRetry;
  readonly syncBackoff: Backoff;
  readonly status: StatusWriter;
  /** Ends all that is done for it. */
  readonly stop: AbortController;
}

/** Makes the state of a Repository that was not known. */
export function newRepositoryState(
  name: string,
  of: {
    status: (state: () => RepositoryState) => StatusWriter;
    retry: FetchRetry;
  },
): RepositoryState {
  // deno-lint-ignore prefer-const
  let state: RepositoryState;
  const writer = of.status(() => state);
  state = {
    name,
    facts: { repository: name, suspended: false, syncing: false },
    announced: new Set(),
    force: false,
    lookedAt: 0,
    superseded: new AbortController(),
    retry: of.retry,
    syncBackoff: new Backoff({ base: 1000, max: 120_000, jitter: 0.5 }),
    status: writer,
    stop: new AbortController(),
  };
  return state;
}
