/**
 * Order of names in which 2 comes before 10. Names of Kubernetes are ASCII: a
 * collator of the runtime, which takes longer to make than a small plan, would
 * know no better.
 */
export function byNumber(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [from, of] = [i, j];
    while (isDigit(a, i)) i++;
    while (isDigit(b, j)) j++;
    if (i > from && j > of) {
      const order = Number(a.slice(from, i)) - Number(b.slice(of, j));
      if (order) return order;
    } else {
      [i, j] = [from, of];
      if (a[i] !== b[j]) return a[i]! < b[j]! ? -1 : 1;
      i++;
      j++;
    }
  }
  return a.length - i - (b.length - j) || (a < b ? -1 : a > b ? 1 : 0);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
