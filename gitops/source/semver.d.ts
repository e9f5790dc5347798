/**
 * What is used of `deno-std/semver`, whose npm package has no types.
 *
 * @see https://jsr.io/@std/semver/doc
 */

/** A version. */
export interface SemVer {
  major: number;
  minor: number;
  patch: number;
  prerelease?: (string | number)[];
  build?: string[];
}

/** A parsed range: what is in it matters to the library alone. */
export type Range = readonly unknown[];

/** Below, above or equal to zero, as for sorting. */
export function compare(a: SemVer, b: SemVer): number;
/** @throws {TypeError} */
export function parseRange(range: string): Range;
export function satisfies(version: SemVer, range: Range): boolean;
export function tryParse(version: string): SemVer | undefined;
