/** What the API server warns of along with an answer (RFC 7234 5.5: code, agent, quoted text). */
export function* responseWarnings(response: Response): Generator<string> {
  const header = response.headers.get("warning") ?? "";
  for (const [, text] of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
    yield text!.replace(/\\(.)/g, "$1");
  }
}
