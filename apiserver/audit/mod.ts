/**
 * The audit log: who did what, in the format of `audit.k8s.io/v1`.
 *
 * @module
 */
import { type Audit, createAudit } from "./audit.ts";
import { LogFile } from "./log_file.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { readPolicy } from "./read_policy.ts";

/** Where the audit log goes and what it tells. */
export interface AuditLogOptions {
  /** Path of the log; rotated by size, so that old ones end. */
  file: string;
  /** A Policy of `audit.k8s.io/v1` as YAML, and where it is from. @default who did what, without any bodies */
  policy?: { text: string; source: string };
  /** Bytes of a file before it is rotated. @default 100 MiB */
  maxBytes?: number;
  /** Rotated files that stay. @default {10} */
  maxBackups?: number;
  /** Days that they stay. @default {30} */
  maxAgeDays?: number;
}

/** An audit log that is open. */
export interface AuditLog extends Audit {
  /** Events that were lost, since the disk did not keep up or refused them. */
  readonly dropped: number;
  close(): Promise<void>;
}

/** Opens the log. @throws Error where the policy is none, or the file cannot be written */
export async function openAuditLog(
  options: AuditLogOptions & {
    now: () => Date;
    onError(error: unknown): void;
  },
): Promise<AuditLog> {
  const { file: path, policy, now, ...rest } = options;
  const rules = policy
    ? readPolicy(policy.text, policy.source)
    : DEFAULT_POLICY;
  const file = await LogFile.open({ ...rest, path, now });
  const audit = createAudit({
    policy: rules,
    write: (line) => file.write(line),
    now,
  });
  return {
    begin: (of) => audit.begin(of),
    get dropped() {
      return file.dropped;
    },
    close: () => file.close(),
  };
}
