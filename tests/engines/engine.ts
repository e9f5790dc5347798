import type { Child } from "../../cli/demo/child.ts";

/** Where the objects live in a run of the end-to-end suite. */
export interface Engine {
  /** `embedded`, `kube-apiserver` … */
  name: string;
  /** Why it cannot run here; nothing where it can. */
  missing?: string | undefined;
  /** Starts it, with a hub. */
  start(options: EngineOptions): Promise<RunningEngine>;
}

/** Options of {@linkcode Engine.start}. */
export interface EngineOptions {
  /** Folder for its files; the caller removes it. */
  dir: string;
  /** Names of people who can log in. @default nobody but the administrator */
  people?: readonly string[];
}

/** Somebody who can log in. */
export interface Person {
  /** What the API calls them; where a Workspace names a member, this. */
  user: string;
  /** Their bearer token. */
  token: string;
}

/** Where the objects of a workspace are. */
export interface WorkspaceLocation {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  namespace: string;
}

/** An engine with a hub. */
export interface RunningEngine {
  /** Path of an administrator's kubeconfig for the hub's own objects. */
  readonly kubeconfig: string;
  /** Where an administrator finds the objects of a workspace. */
  workspace(name: string): Promise<WorkspaceLocation>;
  /** The hub's process: where the engine is embedded, that of the API server too. */
  readonly hub: Child;
  /** Starts the hub again, at the same addresses, once it was ended. */
  startHub(): Promise<void>;
  /** Starts another replica of the hub, at an address of its own; absent where hub and API server are one process. */
  startReplica?(): Promise<Child>;
  /** One of the people that it was started with. */
  person(name: string): Promise<Person>;
  /** Ends all. */
  close(): Promise<void>;
}
