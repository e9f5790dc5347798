import { SourceError } from "./source_error.ts";

/** Where a repository is, checked. */
export interface Remote {
  transport: "local" | "https" | "http" | "ssh";
  /** As git takes it. */
  url: string;
  /** Folder of a local repository. */
  path?: string;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Checks the URL of a repository: only transports that are known to be safe
 * (git would run any program for `ext::…`), and no credentials in it, which
 * would show in statuses and process lists.
 *
 * @throws {SourceError} SpecInvalid, saying what is taken
 */
export function parseRemote(url: string): Remote {
  const bad = (found: string) =>
    new SourceError(
      "SpecInvalid",
      `Cannot use the repository URL ${JSON.stringify(withoutUserinfo(url))}`,
      `${found}; an https://, ssh:// or file:// URL, host:path or an absolute path is taken`,
    );
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x20]/.test(url)) throw bad("it has white space in it");
  if (url.startsWith("/")) return { transport: "local", url, path: url };
  if (!url.includes("://")) {
    const scp = /^(?:[\w.-]+@)?([A-Za-z0-9[][\w.:[\]-]*?):(?!:)[^:]/.exec(url);
    if (!scp) throw bad("it is none of these");
    return { transport: "ssh", url };
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw bad("it is no valid URL");
  }
  if (parsed.password || (parsed.username && parsed.protocol !== "ssh:")) {
    throw bad(
      "it holds credentials, which belong into the Secret of secretRef",
    );
  }
  if (parsed.search || parsed.hash) throw bad("it has a query or fragment");
  switch (parsed.protocol) {
    case "file:":
      if (parsed.host) throw bad("a file:// URL names no host");
      return {
        transport: "local",
        url,
        path: decodeURIComponent(parsed.pathname),
      };
    case "https:":
      return { transport: "https", url };
    case "http:":
      if (!LOOPBACK.test(parsed.hostname)) {
        throw bad("http is taken from this very machine only");
      }
      return { transport: "http", url };
    case "ssh:":
      // ssh would take such a host for an option.
      if (!parsed.hostname || parsed.hostname.startsWith("-")) {
        throw bad("it names no host");
      }
      return { transport: "ssh", url };
    default:
      throw bad(`${parsed.protocol}// is not supported`);
  }
}

function withoutUserinfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//…@");
}
