import type { KubeObject } from "../../api/meta.ts";
import { DELETE_AFTER_ANNOTATION } from "../../api/names.ts";

/** Whether a sync has left it to be deleted later. */
export const isSuspended = ({ metadata }: KubeObject) =>
  metadata.annotations?.[DELETE_AFTER_ANNOTATION] !== undefined;

/** To tell the very same objects from others of their names. */
export const uids = (objects: KubeObject[]) =>
  objects.map((o) => `${o.metadata.name} ${o.metadata.uid}`).sort();
