/** The one in the middle, or the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Results of the same shape as one: each of its numbers is the median; what is no number is that of the first. */
export function medianResult<T>(results: readonly T[]): T {
  const [first] = results;
  if (typeof first === "number") {
    return median(results as readonly unknown[] as number[]) as T;
  }
  if (typeof first !== "object" || first === null) return first as T;
  return Object.fromEntries(
    Object.keys(first).map((key) => [
      key,
      medianResult(results.map((result) => result[key as keyof T])),
    ]),
  ) as T;
}
