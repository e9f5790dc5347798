/** What may stand in a host beside letters and digits. */
const HOST =
  /^(?:[\w.~!$&'()*+,;=:[\]<>"-]|%[89a-fA-F][0-9a-fA-F]|[^\0-\x7f])*$/;
const USER = /^(?:[\w.~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})*$/;

/**
 * Whether a text is what may stand in the first line of a request: a path, or a URL with its scheme (Go's
 * `url.ParseRequestURI`).
 */
export function isRequestUri(text: string): boolean {
  // deno-lint-ignore no-control-regex
  if (!text || /[\0-\x1f\x7f]/.test(text)) return false;
  if (text === "*") return true;
  const scheme = /^[A-Za-z][-+.A-Za-z0-9]*:/.exec(text)?.[0] ?? "";
  const [rest = ""] = text.slice(scheme.length).split("?");
  if (!rest.startsWith("/")) return scheme !== "";
  if (!scheme || !rest.startsWith("//")) return isEscaped(rest);
  const end = rest.indexOf("/", 2);
  const authority = end < 0 ? rest.slice(2) : rest.slice(2, end);
  if (end >= 0 && !isEscaped(rest.slice(end))) return false;
  const at = authority.lastIndexOf("@");
  return (at < 0 || USER.test(authority.slice(0, at))) &&
    isHost(authority.slice(at + 1));
}

function isEscaped(path: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(path);
}

function isHost(host: string): boolean {
  if (host.startsWith("[")) {
    const close = host.lastIndexOf("]");
    return close > 0 && /^(?::\d*)?$/.test(host.slice(close + 1));
  }
  const colon = host.lastIndexOf(":");
  return HOST.test(host) && (colon < 0 || /^\d*$/.test(host.slice(colon + 1)));
}
