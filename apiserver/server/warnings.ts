/** kube-apiserver's limits in characters: of all warnings of an answer, and of each where those are too many. */
const MAX_TOTAL = 4096;
const MAX_EACH = 256;

/**
 * The values of the `Warning` headers of an answer; each text stands once. Long ones are cut and some left out where
 * clients would refuse the head of the answer for its size.
 *
 * Source: `WithWarningRecorder` of k8s.io/apiserver.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  if (texts.length === 0) return [];
  const distinct = [...new Set(texts)];
  const total = distinct.reduce((sum, { length }) => sum + length, 0);
  if (total <= MAX_TOTAL) return distinct.map(header);
  const headers: string[] = [];
  let written = 0;
  for (const text of distinct) {
    if (written >= MAX_TOTAL) break;
    const cut = text.slice(0, MAX_EACH);
    written += cut.length;
    headers.push(header(cut));
  }
  return headers;
}

function header(text: string): string {
  return `299 - ${JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, "?")}`;
}
