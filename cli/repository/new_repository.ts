import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { normalizePath } from "../../gitops/source/read_tree.ts";
import { parseRef } from "../../gitops/source/ref.ts";
import { parseRemote } from "../../gitops/source/remote.ts";
import { checkFlag } from "./check_flag.ts";
import { UsageError } from "../errors.ts";

/** Flags that say what a Repository follows. */
export const sourceOptions = {
  url: {
    type: "string",
    value: "URL",
    required: true,
    description:
      "https://, ssh:// or file:// URL, host:path as git takes it, or an absolute path; without credentials",
  },
  branch: {
    type: "string",
    value: "NAME",
    description: "The branch to follow; main unless another ref is given",
  },
  tag: { type: "string", value: "NAME", description: "The tag to follow" },
  semver: {
    type: "string",
    value: "RANGE",
    description: "Follow the highest version among the tags in a range: ^1.2.0",
  },
  name: {
    type: "string",
    value: "REF",
    description: "A ref by its full name: refs/pull/1/head",
  },
  commit: {
    type: "string",
    value: "HASH",
    description: "A commit by its whole hash",
  },
  path: {
    type: "string",
    value: "FOLDER",
    description: "Folder of the repository to take as its top",
  },
  interval: {
    type: "string",
    value: "TIME",
    description: "How often to look for commits; 1m when left out",
  },
  "no-prune": {
    type: "boolean",
    description: "Leave what is removed from the repository",
  },
  suspend: {
    type: "boolean",
    description: "Do not begin before 'faros repository resume'",
  },
} as const;

/** What {@linkcode sourceOptions} were given. */
export interface SourceValues {
  url: string;
  branch: string | undefined;
  tag: string | undefined;
  semver: string | undefined;
  name: string | undefined;
  commit: string | undefined;
  path: string | undefined;
  interval: string | undefined;
  "no-prune": boolean;
  suspend: boolean;
}

const REFS = ["branch", "tag", "semver", "name", "commit"] as const;

/**
 * A Repository of what flags say.
 *
 * @param secrets Names of the Secrets it refers to, by field
 * @throws {UsageError} where it would not be a valid one
 */
export function newRepository(
  name: string,
  options: SourceValues,
  secrets: { credentials?: string | undefined; keys?: string | undefined },
): Repository {
  if (/^\w+:\/\/[^/@]*:[^/@]*@/.test(options.url)) {
    throw new UsageError(
      "--url holds a password; leave it out, and give it by --username and --password-stdin",
    );
  }
  const given = REFS.filter((kind) => options[kind] !== undefined);
  if (given.length > 1) {
    throw new UsageError(
      `--${given[0]} and --${given[1]} are given; give one of them`,
    );
  }
  const [kind] = given;
  const { credentials, keys } = secrets;
  const repository = {
    apiVersion: Repository.apiVersion,
    kind: Repository.kind,
    metadata: { name },
    spec: {
      url: options.url,
      ...(kind ? { ref: { [kind]: options[kind] } } : {}),
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.interval === undefined ? {} : { interval: options.interval }),
      ...(credentials ? { secretRef: { name: credentials } } : {}),
      ...(keys ? { verify: { secretRef: { name: keys } } } : {}),
      ...(options["no-prune"] ? { prune: false } : {}),
      ...(options.suspend ? { suspend: true } : {}),
    },
  };
  // What the hub would refuse is told before anything is made.
  checkFlag("url", options.url, parseRemote);
  if (kind) {
    checkFlag(kind, options[kind], (value) => parseRef({ [kind]: value }));
  }
  checkFlag("path", options.path, normalizePath);
  const checked = Repository.manifest.safeParse(repository);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new UsageError(`${issue!.path.join(".")}: ${issue!.message}`);
  }
  return repository as unknown as Repository;
}

/** A Secret of the system namespace. */
export interface NewSecret extends KubeObject {
  type: string;
  stringData: Record<string, string>;
}

/** A Secret for a Repository. */
export function newSecret(
  name: string,
  stringData: Record<string, string>,
): NewSecret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    type: "Opaque",
    stringData,
  };
}
