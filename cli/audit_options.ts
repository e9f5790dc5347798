import type { ApiServerOptions } from "../apiserver/mod.ts";
import { UsageError } from "./errors.ts";

/** Flags of commands that serve the Kubernetes API. Their names are kube-apiserver's. */
export const auditOptions = {
  "audit-log-path": {
    type: "string",
    value: "FILE",
    description:
      "Write who did what into FILE, a line of JSON (audit.k8s.io/v1) each",
  },
  "audit-policy-file": {
    type: "string",
    value: "FILE",
    description:
      "What to write: a Policy of audit.k8s.io/v1 [default: all but health, Leases and Events, without bodies]",
  },
  "audit-log-maxsize": {
    type: "string",
    value: "MB",
    default: "100",
    description: "Size at which the file is replaced by a new one",
  },
  "audit-log-maxbackup": {
    type: "string",
    value: "COUNT",
    default: "10",
    description: "Replaced files that stay",
  },
  "audit-log-maxage": {
    type: "string",
    value: "DAYS",
    default: "30",
    description: "How long they stay",
  },
} as const;

/** What the flags say of the audit log; undefined where none is asked for. */
export async function auditOf(
  options: Record<keyof typeof auditOptions, string | undefined>,
): Promise<ApiServerOptions["audit"]> {
  const file = options["audit-log-path"];
  const source = options["audit-policy-file"];
  if (file === undefined) {
    if (source === undefined) return undefined;
    throw new UsageError("--audit-policy-file needs --audit-log-path");
  }
  const number = (name: keyof typeof auditOptions): number => {
    const value = Number(options[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new UsageError(
      `--${name} must be a whole number above 0, found ${
        JSON.stringify(options[name])
      }`,
    );
  };
  return {
    file,
    policy: source === undefined
      ? undefined
      : { text: await readText(source), source },
    maxBytes: number("audit-log-maxsize") << 20,
    maxBackups: number("audit-log-maxbackup"),
    maxAgeDays: number("audit-log-maxage"),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(
      `Cannot read the audit policy (--audit-policy-file ${path})`,
      {
        cause: error,
      },
    );
  }
}
