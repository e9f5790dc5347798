/**
 * What a log of changes must do, whatever it is kept in.
 *
 * @module
 */

/** One change as it is stored. The newest row of a key that is not `deleted` is the object. */
export interface Row {
  resourceVersion: number;
  /** resourceVersion of the row that this one replaces; 0 where the object is new. */
  previous: number;
  deleted: boolean;
  /** `group/resource` */
  resource: string;
  namespace: string;
  name: string;
  /** The object as UTF-8 JSON; for `deleted` its last state. */
  value: Uint8Array<ArrayBuffer>;
}

/** What a log holds when it is opened. */
export interface LogState {
  /** History up to and including this resourceVersion is gone. */
  compacted: number;
  /** Random name of this storage, kept for its life. */
  instance: string;
}

/** An append-only log of changes with compaction. */
export interface Log {
  /** Opens the log and hands every row, in order of resourceVersion, to `load`. */
  open(load: (row: Row) => void): Promise<LogState>;
  /** Resolves once the rows would survive a power failure; on rejection none of them is stored. */
  append(rows: Row[]): Promise<void>;
  /** Forgets history up to and including `resourceVersion`; objects stay. */
  compact(resourceVersion: number): Promise<void>;
  close(): Promise<void>;
}
