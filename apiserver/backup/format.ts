/**
 * A backup: lines of JSON.
 *
 * The first is a {@linkcode Header}. Then come the files beside the database and the rows of the log, as they are
 * stored: what is encrypted there is encrypted here. The last says how many they were, with the SHA-256 of all lines
 * before it; a backup without it was cut off.
 *
 * @module
 */

/** Version of this format; a newer one is refused. */
export const FORMAT = 1;

/** The first line. */
export interface Header {
  /** Version of the format. */
  backup: number;
  /** RFC 3339. */
  created: string;
  /** Layout of the database that it was read from. */
  layout: number;
  /** Random name of the storage. */
  instance: string;
  /** The state is that of this resourceVersion. */
  resourceVersion: number;
  /** Resources that the database has never held in plain text, as it notes them. */
  encrypted: string;
  /** How many objects there are, where that is known: for progress. */
  objects?: number;
  /** Set where it was saved from a damaged file: something may be missing. */
  salvaged?: true;
}

/** A file of the data folder. */
export interface FileLine {
  file: string;
  /** Base64. */
  content: string;
}

/** A row of the log: resourceVersion, previous, deleted (0 or 1), resource, namespace, name. */
export interface RowLine {
  row: [number, number, 0 | 1, string, string, string];
  value: string;
}

/** The last line. */
export interface EndLine {
  end: { files: number; rows: number; sha256: string };
}
