import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Kind } from "../../api/kind.ts";
import { findKind, workspaceManifestKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { isObject } from "./is_object.ts";
import { checkCore } from "./check_core.ts";
import { type Part, workspaceFile } from "./layout.ts";
import type { Manifest } from "./manifest.ts";
import type { ParsedDocument } from "./parse_file.ts";
import { fieldName, type Problem } from "./problem.ts";
import { reservedFor } from "./reserved_names.ts";
import { describe, schemaProblems } from "./schema_problems.ts";

/** What the API server fills in, and so says nothing in a manifest. */
const SERVER_FIELDS = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
]);

/** Labels and annotations that Faros writes itself. */
const RESERVED =
  /^(applyset\.(kubernetes|k8s)\.io\/|tenancy\.faros\.sh\/|gitops\.faros\.sh\/commit$)/;

/** Problems of one object that are told one by one. */
const MOST = 50;

/** Collects the problems of one document. */
class Report {
  readonly problems: Problem[] = [];
  #more = 0;
  readonly #file: string;
  readonly #document: ParsedDocument;

  constructor(file: string, document: ParsedDocument) {
    this.#file = file;
    this.#document = document;
  }

  add(
    path: readonly PropertyKey[],
    message: string,
    about: "key" | "value" = "value",
  ): void {
    if (this.problems.length === MOST) {
      // Finding a place costs the more the larger the object is.
      const last = this.problems[MOST - 1]!;
      const { field: _, ...place } = last;
      this.problems.push({ ...place, message: "" });
    }
    if (this.problems.length > MOST) {
      const last = this.problems[MOST]!;
      last.message = `and ${++this.#more} more errors in this object`;
      return;
    }
    const { sensitive } = this.#document;
    this.problems.push({
      file: this.#file,
      ...this.#document.locate(path, about),
      ...(path.length ? { field: fieldName(path) } : {}),
      message: sensitive ? sensitive.redact(message) : message,
    });
  }
}

/**
 * Checks one document of a file as far as that goes without a server, and says
 * everything that is wrong with it.
 */
export function checkObject(
  document: ParsedDocument,
  where: { file: string; part: Part },
): Manifest | Problem[] {
  const { file, part } = where;
  const report = new Report(file, document);
  const value = document.value as KubeObject;
  if (!isObject(value)) {
    report.add([], `found ${describe(value)}, expected a Kubernetes object`);
    return report.problems;
  }
  if (typeof value.apiVersion !== "string" || typeof value.kind !== "string") {
    report.add(
      [],
      `no Kubernetes object: ${
        missing(value)
      }; keep other files out by .farosignore`,
    );
    return report.problems;
  }
  checkNumbers(value, report);
  const kind = findKind(value.apiVersion, value.kind);
  if (!checkPlace(value, { ...where, kind, report })) return report.problems;
  const bare = checkReserved(value, { part, report });
  if (kind) {
    for (
      const { path, about, message } of schemaProblems(kind.manifest, bare)
    ) {
      report.add(path, message, about);
    }
  } else {
    checkMeta(value, report);
    checkCore(value, (...problem) => report.add(...problem));
  }
  checkNamespace(value, { part, report });
  if (report.problems.length > 0) return report.problems;
  return {
    object: normalize(value),
    resource: kind,
    file,
    ...document.locate([]),
    locate: document.locate,
    ...(document.sensitive ? { sensitive: document.sensitive } : {}),
    ...(document.encrypted ? { encrypted: true } : {}),
  };
}

/** Says which of the two is not there, or no text. */
function missing({ apiVersion, kind }: KubeObject): string {
  const names = Object.entries({ apiVersion, kind })
    .filter(([, value]) => typeof value !== "string").map(([name]) => name);
  return `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} missing`;
}

/** Whether the kind may stand there at all. */
function checkPlace(
  object: KubeObject,
  where: { file: string; part: Part; kind?: Kind; report: Report },
): boolean {
  const { file, part, kind, report } = where;
  const name = isObject(object.metadata) ? object.metadata.name : undefined;
  const isWorkspace = kind?.kind === "Workspace";
  if (part.scope === "workspace") {
    const own = workspaceFile(part.workspace);
    if (file === own && !isWorkspace) {
      report.add(
        ["kind"],
        `found ${object.kind}, expected the Workspace alone; move it into another file`,
      );
      return false;
    }
    if (isWorkspace && file !== own) {
      report.add(["kind"], `a Workspace stands in ${own} only`);
      return false;
    }
    if (isWorkspace) {
      if (name === part.workspace) return true;
      report.add(
        ["metadata", "name"],
        `found ${
          describe(name)
        }, expected "${part.workspace}", the name of the folder`,
      );
      // What else is wrong with it is told along; that there is no name would be told twice.
      return typeof name === "string";
    }
    if (kind && !workspaceManifestKinds.includes(kind)) {
      report.add(
        ["kind"],
        kind.namespaced
          ? `${kind.kind} objects are made by hub and devices, never by manifests`
          : `${kind.kind} is cluster-scoped and stands under root/; a workspace's folder takes namespaced kinds only`,
      );
      return false;
    }
    return true;
  }
  if (isWorkspace) {
    report.add(
      ["kind"],
      `a Workspace stands in ${
        workspaceFile(typeof name === "string" ? name : "NAME")
      }`,
    );
    return false;
  }
  if (kind?.namespaced) {
    report.add(
      ["kind"],
      workspaceManifestKinds.includes(kind)
        ? `${kind.kind} belongs to a workspace: it stands under workspaces/NAME/`
        : `${kind.kind} objects are made by hub and devices, never by manifests`,
    );
    return false;
  }
  return true;
}

/**
 * Refuses what a manifest cannot say.
 *
 * @returns The object without it.
 */
function checkReserved(
  object: KubeObject,
  { part, report }: { part: Part; report: Report },
): unknown {
  const { status, ...rest } = object as KubeObject & { status?: unknown };
  if (status !== undefined) {
    report.add(
      ["status"],
      "is reported by hub and devices, never by manifests; remove it",
      "key",
    );
  }
  if (!isObject(rest.metadata)) return rest;
  const metadata: Record<string, unknown> = { ...rest.metadata };
  const use = reservedFor(object, part);
  if (use) {
    report.add(
      ["metadata", "name"],
      `found "${metadata.name}", a name that the hub keeps for ${use}; choose another`,
    );
  }
  for (const field of Object.keys(metadata)) {
    if (SERVER_FIELDS.has(field)) {
      report.add(
        ["metadata", field],
        "is set by the API server; remove it",
        "key",
      );
    } else if (field === "ownerReferences") {
      report.add(
        ["metadata", field],
        "is not for manifests: an object of a repository is owned by the repository; remove it",
        "key",
      );
    } else if (field === "finalizers" && part.scope === "workspace") {
      report.add(
        ["metadata", field],
        "is not for manifests of a workspace: nobody would end what they wait for; remove it",
        "key",
      );
    } else if (field === "generateName") {
      report.add(
        ["metadata", field],
        "is not for manifests: each sync would make another object; use name",
        "key",
      );
    } else continue;
    delete metadata[field];
  }
  for (const field of ["labels", "annotations"]) {
    const map = metadata[field];
    if (!isObject(map)) continue;
    for (const key of Object.keys(map)) {
      if (RESERVED.test(key)) {
        report.add(
          ["metadata", field, key],
          "is written by Faros itself; remove it",
          "key",
        );
      }
    }
  }
  return { ...rest, metadata };
}

/** Metadata of kinds whose schema only the server knows. */
function checkMeta(object: KubeObject, report: Report): void {
  if (!isObject(object.metadata)) {
    report.add(["metadata"], "is required: an object", "key");
    return;
  }
  const { name } = object.metadata;
  if (name === undefined || name === "") {
    report.add(["metadata", "name"], "is required: a string", "key");
  } else if (typeof name !== "string") {
    report.add(
      ["metadata", "name"],
      `found ${describe(name)}, expected a string; put it in quotes`,
    );
  } else if (/[/%\s]|^\.\.?$/.test(name) || name.length > 253) {
    report.add(["metadata", "name"], `found ${describe(name)}, no valid name`);
  }
  for (const field of ["labels", "annotations"] as const) {
    const map = object.metadata[field];
    if (map === undefined || map === null) continue;
    if (!isObject(map)) {
      report.add(
        ["metadata", field],
        `found ${describe(map)}, expected an object`,
      );
      continue;
    }
    for (const [key, value] of Object.entries(map)) {
      if (typeof value === "string") continue;
      report.add(
        ["metadata", field, key],
        `found ${describe(value)}, expected a string; put it in quotes`,
      );
    }
  }
}

function checkNamespace(
  object: KubeObject,
  options: { part: Part; report: Report },
): void {
  const { part, report } = options;
  const namespace = isObject(object.metadata)
    ? object.metadata.namespace
    : undefined;
  if (namespace === undefined) return;
  const own = part.scope === "root" ? SYSTEM_NAMESPACE : part.workspace;
  if (namespace === own) return;
  report.add(
    ["metadata", "namespace"],
    part.scope === "root"
      ? `found ${
        describe(namespace)
      }; objects under root/ can be in ${own} only`
      : `found ${
        describe(namespace)
      }; objects of this folder go into workspace ${own}; leave namespace out`,
  );
}

/** JSON, and so the API, has no such numbers. */
function checkNumbers(
  value: unknown,
  report: Report,
  path: PropertyKey[] = [],
): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    report.add(path, `found ${value}, expected a number that JSON can hold`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const part = Array.isArray(value) ? Number(key) : key;
      checkNumbers(item, report, [...path, part]);
    }
  }
}

/** As the API will hold it, so that it can be compared. */
function normalize(object: KubeObject): KubeObject {
  // The only one that there can be: what is written and what is left out is
  // the same object. A workspace's namespace is the engine's business.
  const { namespace: _, ...metadata } = object.metadata;
  const result = { ...object, metadata } as KubeObject & {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
    stringData?: Record<string, unknown>;
  };
  if (result.apiVersion !== "v1") return result;
  if (result.kind === "ConfigMap" && result.binaryData) {
    return { ...result, binaryData: asStored(result.binaryData) } as KubeObject;
  }
  if (result.kind !== "Secret") return result;
  const { stringData, ...rest } = result;
  if (!stringData && !rest.data) return rest;
  return {
    ...rest,
    data: {
      ...asStored(rest.data ?? {}),
      // stringData is write-only: the server stores data and shows that.
      ...Object.fromEntries(
        Object.entries(stringData ?? {}).map(([k, v]) => [
          k,
          base64(String(v)),
        ]),
      ),
    },
  } as KubeObject;
}

/** Base64 as the server writes it: without the ends of lines that a manifest may have. */
function asStored(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map((
      [key, value],
    ) => [key, Uint8Array.fromBase64(value).toBase64()]),
  );
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}
