/**
 * What the hub asks of a forge: GitHub, GitLab, Gitea or Forgejo, Bitbucket.
 *
 * @module
 */
import type { Repository } from "../../api/repository.ts";
import type { ForgeClient } from "./forge_client.ts";

/** `spec.forge` of a Repository. */
export type ForgeSpec = NonNullable<Repository["spec"]["forge"]>;

/** What is told of a commit; the same words as in a Repository's status. */
export interface CommitStatus {
  commit: string;
  state: "pending" | "success" | "failure" | "cancelled";
  /** At most 140 characters, which is what GitHub takes. */
  description: string;
}

/** An open pull request; a merge request of GitLab. */
export interface PullRequest {
  number: number;
  /** Commit that it wants in. */
  head: string;
}

/** A comment on a pull request. */
export interface Comment {
  id: string;
  /** Id of who wrote it. */
  author: string;
  body: string;
}

type Options = { signal?: AbortSignal | undefined };

/** What is asked of a forge about pull requests. All throw {@linkcode ForgeError}. */
export interface PullRequests {
  /** Those that are open to a branch, the one that changed last first, at most fifty. */
  list(branch: string, options: Options): Promise<PullRequest[]>;
  /** The commit at which it parted from that branch. */
  mergeBase(
    pull: PullRequest,
    options: Options & { branch: string },
  ): Promise<string>;
  /** Full name of the ref that has its head, in the repository that it goes to. */
  ref(number: number): string;
  /** Id of who the token is of. */
  user(options: Options): Promise<string>;
  /** The first hundred. */
  comments(number: number, options: Options): Promise<Comment[]>;
  /** @returns Its id */
  comment(number: number, options: Options & { body: string }): Promise<string>;
  edit(
    number: number,
    options: Options & { id: string; body: string },
  ): Promise<void>;
}

/** A repository on a forge. */
export interface Forge {
  /** Undefined where Faros knows nothing of them. */
  pullRequests?: PullRequests;
  /** Sets the status of a commit, in place of the one of the same context. @throws {ForgeError} */
  setStatus(
    status: CommitStatus,
    options: { context: string; signal?: AbortSignal },
  ): Promise<void>;
}

/** Makes a {@linkcode Forge}. */
export type OpenForge = (options: {
  client: ForgeClient;
  /** Address of the forge as in a browser, without a slash at its end. */
  root: string;
  /** Path of the repository on it: `acme/fleet`. */
  path: string;
}) => Forge;
