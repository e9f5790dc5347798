import { oneLine, type SecretData } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";

/** A proxy on the way to a repository. */
export interface Proxy {
  /** With credentials, as curl takes it. */
  url: string;
  host: string;
  port: string;
  username?: string;
  password?: string;
}

const PORTS: Record<string, string> = { http: "80", https: "443" };

/**
 * Makes a proxy of its Secret: `address`, and `username` and `password` where
 * it asks for them.
 *
 * Names of hosts are always resolved by a SOCKS proxy (curl's `socks5h`): who
 * needs a proxy to get out seldom can resolve what is outside.
 *
 * @throws {SourceError} SecretInvalid
 */
export function parseProxy(secret: SecretData): Proxy {
  const bad = (found: string) =>
    new SourceError(
      "SecretInvalid",
      "Cannot use the Secret of spec.proxySecretRef",
      found,
    );
  const address = oneLine("address", secret.address ?? "");
  const match = /^(https?|socks5h?):\/\/([^/?#]*)\/?$/.exec(address);
  if (!match) {
    throw bad(
      "its address is http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
    );
  }
  const [, given = "", authority = ""] = match;
  if (authority.includes("@")) {
    throw bad(
      "its address holds credentials, which belong into its keys username and password",
    );
  }
  const scheme = given.startsWith("socks5") ? "socks5h" : given;
  let parsed: URL;
  try {
    // Of a scheme that URL knows, so that it looks at the host.
    parsed = new URL(`http://${authority}`);
  } catch {
    throw bad("its address names no valid host and port");
  }
  const port = /:(\d+)$/.exec(authority)?.[1] ?? PORTS[scheme] ?? "1080";
  const username = secret.username && oneLine("username", secret.username);
  const password = secret.password && oneLine("password", secret.password);
  if (password && !username) throw bad("it has a password and no username");
  const login = username
    ? `${encodeURIComponent(username)}:${encodeURIComponent(password ?? "")}@`
    : "";
  return {
    url: `${scheme}://${login}${parsed.hostname}:${port}`,
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port,
    ...(username ? { username, password: password ?? "" } : {}),
  };
}
