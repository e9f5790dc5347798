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

/** A repository on a forge. */
export interface Forge {
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
