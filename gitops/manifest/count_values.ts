/**
 * How many values there are in one, itself and empty ones included, up to
 * `most`. One that stands in several places counts in each.
 */
export function countValues(value: unknown, most = Infinity): number {
  let count = 0;
  // Not by recursion: what is nested deep is refused elsewhere, and counted here.
  const left = [value];
  while (left.length > 0 && count < most) {
    const next = left.pop();
    count++;
    if (next === null || typeof next !== "object") continue;
    for (const inner of Object.values(next)) left.push(inner);
  }
  return count;
}
