import { APPLYSET_LABEL, SOURCE_ANNOTATION } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { findRepository } from "./find_repository.ts";

/** The Repositories that a command is to work on: one, or with `--all` all. */
export async function selectRepositories(
  name: string | undefined,
  { all, client, doing, signal }: {
    all: boolean;
    client: KubeClient;
    doing: string;
    signal: AbortSignal;
  },
): Promise<Repository[]> {
  if (all === (name !== undefined)) {
    throw new UsageError(
      all
        ? `NAME is ${name} and --all is given; give one of them`
        : "NAME is missing; or give --all",
    );
  }
  if (name !== undefined) {
    return [await findRepository(name, { client, doing, signal })];
  }
  const { items } = await client.listAll<Repository>(Repository, { signal });
  return items;
}

/** Suspends a Repository, or lets it go on. @returns whether that was a change */
export async function setSuspended(
  repository: Repository,
  { suspend, annotations, client, io, signal }: {
    suspend: boolean;
    annotations?: Record<string, string>;
    client: KubeClient;
    io: Pick<Io, "err">;
    signal: AbortSignal;
  },
): Promise<boolean> {
  const { metadata, spec } = repository;
  if ((spec.suspend ?? false) === suspend) return false;
  const source = metadata.annotations?.[SOURCE_ANNOTATION];
  if (metadata.labels?.[APPLYSET_LABEL]) {
    io.err(
      `Warning: repository ${metadata.name} is itself kept as ${
        source ?? "a repository"
      } has it, and is put back unless that says the same`,
    );
  }
  await client.patch(Repository, metadata.name, {
    ...(annotations ? { metadata: { annotations } } : {}),
    spec: { suspend: suspend || null },
  }, { type: "merge", fieldManager: "faros-cli", signal });
  return true;
}
