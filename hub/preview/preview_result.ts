/**
 * What {@linkcode preview} finds out: plain data, free of secrets, for
 * renderers and programs.
 *
 * @module
 */
import type { Problem } from "../../gitops/manifest/problem.ts";

/** A field that changes. The texts are JSON, cut where long; secrets never stand in them. */
export interface FieldChange {
  /** `spec.config.listenPort` */
  field: string;
  /** Undefined where it was not there. */
  before?: string;
  /** Undefined where it goes. */
  after?: string;
  /** Whether its value is not for anybody's eyes. */
  secret?: true;
}

/** An object that would be written or deleted. */
export interface ObjectChange {
  change: "create" | "update" | "delete";
  /** Undefined for objects of the hub's own. */
  workspace?: string;
  apiVersion: string;
  kind: string;
  name: string;
  /** Empty for what is created or deleted whole. */
  fields: FieldChange[];
  /** How long it is suspended before it is deleted, its device keeping what it runs: `24h`. */
  suspended?: string;
  /** Where it stands in the head, or stood in the base. */
  file?: string;
  line?: number;
}

/** A plugin of a device that changes. */
export interface PluginChange {
  change: "add" | "update" | "remove";
  /** The plugin object: `Network/wireguard`. */
  object: string;
  /** Plugin of the catalogue that serves it. */
  plugin: string;
  version: { before?: string; after?: string };
  config: FieldChange[];
  /** What else is another: `permissions`, `publisher`, `code`. */
  also: string[];
  /** Whether what runs is stopped and started anew. */
  restarts: boolean;
}

/** Devices of a workspace with the same change. */
export interface DeviceChange {
  change: "add" | "update" | "remove";
  workspace: string;
  /** Names, sorted. */
  agents: string[];
  /** Whether they are paused, and so keep what they run for now. */
  paused: boolean;
  plugins: PluginChange[];
}

/** Something wrong, or to be known, at a place of the head. */
export interface PreviewProblem extends Omit<Problem, "reason"> {
  /** An error keeps something from being applied, or a device from getting it. */
  severity: "error" | "warning";
  workspace?: string;
  /** CamelCase, as a condition would have it. */
  reason?: string;
  /** Agents that it is of, where it is of some. */
  agents?: string[];
}

/** Deletions that wait for somebody's approval. */
export interface HeldDeletion {
  /** Undefined for objects of the hub's own. */
  workspace?: string;
  /** How many objects, and why they wait. */
  message: string;
  objects: number;
}

/** Who has to approve which files. */
export interface Approval {
  /** As CODEOWNERS names them; empty where nobody is. */
  owners: string[];
  /** Paths from the top of the repository, sorted. */
  files: string[];
}

/** What becomes of devices and objects when one state takes another's place. */
export interface Preview {
  /** What it starts from: a commit, `work tree`, `live`. */
  base: string;
  head: string;
  problems: PreviewProblem[];
  objects: ObjectChange[];
  devices: DeviceChange[];
  held: HeldDeletion[];
  approvals: Approval[];
}

/** Numbers of a {@linkcode Preview}. */
export interface PreviewCounts {
  errors: number;
  warnings: number;
  create: number;
  update: number;
  delete: number;
  /** Devices that change, come or go. */
  devices: number;
  /** Devices with a plugin that restarts. */
  restarting: number;
  workspaces: number;
}

/** Counts what a preview tells. */
export function countPreview(preview: Preview): PreviewCounts {
  const { problems, objects, devices } = preview;
  const sum = (changes: DeviceChange[]) =>
    changes.reduce((n, { agents }) => n + agents.length, 0);
  const of = (change: ObjectChange["change"]) =>
    objects.filter((object) => object.change === change).length;
  return {
    errors: problems.filter((p) => p.severity === "error").length,
    warnings: problems.filter((p) => p.severity === "warning").length,
    create: of("create"),
    update: of("update"),
    delete: of("delete"),
    devices: sum(devices),
    restarting: sum(
      devices.filter(({ plugins }) => plugins.some((p) => p.restarts)),
    ),
    workspaces: new Set(
      [...objects, ...devices].flatMap(({ workspace }) => workspace ?? []),
    ).size,
  };
}
