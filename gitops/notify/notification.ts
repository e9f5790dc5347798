/**
 * What is told of a Repository, and how it is put into requests.
 *
 * @module
 */
import type { Repository } from "../../api/repository.ts";

/** `spec.notifications[]` of a Repository. */
export type NotificationTarget = NonNullable<
  Repository["spec"]["notifications"]
>[number];

/** Something that happened to a Repository; a receiver gets it as JSON. */
export interface Notification {
  /** The same when it is sent again. */
  id: string;
  /** RFC 3339. */
  time: string;
  repository: string;
  /** What it is about, where that is an object that the Repository applied. */
  object?: { kind: string; name: string; namespace?: string };
  type: "Normal" | "Warning";
  /** CamelCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
}

/** The body and headers of a request, beside `content-type`. */
export interface NotificationRequest {
  headers: Record<string, string>;
  body: string;
}
