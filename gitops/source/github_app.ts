import { createPrivateKey } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import { causes } from "../http/causes.ts";
import type { Proxy } from "./proxy.ts";
import { oneLine, type SecretData } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";

/** Options of {@linkcode installationToken}. */
export interface InstallationTokenOptions {
  proxy?: Proxy;
  /** Longest time of the request, in milliseconds. @default {60000} */
  timeout?: number;
  /** Milliseconds since 1970. @default {Date.now} */
  now?: () => number;
  signal?: AbortSignal;
}

const WHAT = "Cannot get a token as a GitHub App";
/** A token is used no longer than so many milliseconds before it expires. */
const MARGIN = 5 * 60_000;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Tokens that have not expired, by the hash of what they were asked with. */
const tokens = new Map<string, { token: string; expires: number }>();

/** Whether a Secret is that of a GitHub App. */
export function isGitHubApp(secret: SecretData): boolean {
  return Object.keys(secret).some((key) => key.startsWith("githubApp"));
}

/**
 * A token of an installation of a GitHub App, by which git reads as user
 * `x-access-token`. It is kept until shortly before it expires (an hour).
 *
 * @param secret `githubAppID`, `githubAppPrivateKey`, and
 * `githubAppInstallationID` or `githubAppInstallationOwner` (an organization or
 * a user); `githubAppBaseURL` (`https://HOST/api/v3`) and `ca.crt` for a GitHub
 * Enterprise Server
 * @throws {SourceError}
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export async function installationToken(
  secret: SecretData,
  options: InstallationTokenOptions = {},
): Promise<string> {
  const { now = Date.now } = options;
  const app = parse(secret);
  const key = await sha256Hex(JSON.stringify(app));
  const kept = tokens.get(key);
  if (kept && kept.expires - MARGIN > now()) return kept.token;
  const jwt = await appToken(app, now());
  const answer = await ask({ app, jwt, ca: secret["ca.crt"], ...options });
  for (const [other, { expires }] of tokens) {
    if (expires <= now()) tokens.delete(other);
  }
  tokens.set(key, answer);
  return answer.token;
}

/** Forgets a token that was refused: it may have been revoked. */
export async function forgetInstallationToken(
  secret: SecretData,
): Promise<void> {
  tokens.delete(await sha256Hex(JSON.stringify(parse(secret))));
}

interface App {
  id: string;
  /** Id of an installation, or whose it is. */
  installation: string | { owner: string };
  privateKey: string;
  base: string;
}

function parse(secret: SecretData): App {
  const value = (key: string) => {
    const text = secret[key]?.trim();
    if (text) return text;
    throw new SourceError(
      "SecretInvalid",
      WHAT,
      `the Secret lacks ${key}; it takes githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner`,
    );
  };
  const base = oneLine(
    "githubAppBaseURL",
    secret.githubAppBaseURL || "https://api.github.com",
  ).replace(/\/+$/, "");
  const url = URL.parse(base);
  const secure = url?.protocol === "https:" ||
    (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (!url || !secure || url.username || url.search || url.hash) {
    throw new SourceError(
      "SecretInvalid",
      WHAT,
      "githubAppBaseURL is no https:// URL such as https://github.example.org/api/v3",
    );
  }
  return {
    id: oneLine("githubAppID", value("githubAppID")),
    installation: installationOf(secret, value),
    privateKey: value("githubAppPrivateKey"),
    base,
  };
}

/** Flux has both names, too; the id goes first, as it needs no asking. */
function installationOf(
  secret: SecretData,
  value: (key: string) => string,
): App["installation"] {
  const invalid = (found: string) =>
    new SourceError("SecretInvalid", WHAT, found);
  const owner = secret.githubAppInstallationOwner?.trim();
  if (!secret.githubAppInstallationID?.trim() && owner) {
    // Logins of organizations and users.
    if (!/^[A-Za-z0-9][\w-]*$/.test(owner)) {
      throw invalid(
        "githubAppInstallationOwner is no name of an organization or a user",
      );
    }
    return { owner };
  }
  const installation = value("githubAppInstallationID");
  if (!/^\d+$/.test(installation)) {
    throw invalid("githubAppInstallationID is no number");
  }
  return installation;
}

/** The JWT by which an app shows that it has its key, valid for ten minutes. */
async function appToken(app: App, now: number): Promise<string> {
  let key: CryptoKey;
  try {
    // GitHub gives PKCS#1 (RSA PRIVATE KEY), jose takes PKCS#8.
    const pem = createPrivateKey(app.privateKey).export({
      type: "pkcs8",
      format: "pem",
    });
    key = await importPKCS8(String(pem), "RS256");
  } catch {
    throw new SourceError(
      "SecretInvalid",
      WHAT,
      "githubAppPrivateKey is no RSA private key in PEM",
    );
  }
  const seconds = Math.floor(now / 1000);
  return await new SignJWT().setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(app.id)
    // Clocks may differ by a minute.
    .setIssuedAt(seconds - 60).setExpirationTime(seconds + 9 * 60).sign(key);
}

type Body = Record<string, unknown>;
type Asked = InstallationTokenOptions & {
  app: App;
  jwt: string;
  ca: string | undefined;
};

/** Asks for a token, and before for whose installation it is to be. */
async function ask(
  options: Asked,
): Promise<{ token: string; expires: number }> {
  const { app: { base, installation } } = options;
  const id = typeof installation === "string"
    ? installation
    : await installationIdOf(installation.owner, options);
  const path = `/app/installations/${id}/access_tokens`;
  const { status, body } = await request(path, { method: "POST", ...options });
  if (status >= 300) {
    throw refused({
      base,
      status,
      body,
      hint: "is the app installed, and the ID right?",
    });
  }
  const expires = Date.parse(String(body.expires_at));
  if (typeof body.token !== "string" || !body.token || isNaN(expires)) {
    throw unreadable(base, "no token and expires_at");
  }
  return { token: oneLine("token", body.token), expires };
}

/** @see https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app */
async function installationIdOf(
  owner: string,
  options: Asked,
): Promise<number> {
  const { app: { base } } = options;
  let { status, body } = await request(`/orgs/${owner}/installation`, options);
  if (status === 404) {
    ({ status, body } = await request(`/users/${owner}/installation`, options));
  }
  if (status >= 300) {
    throw refused({
      base,
      status,
      body,
      hint: `is the app installed for ${owner}?`,
    });
  }
  if (typeof body.id !== "number") throw unreadable(base, "no id");
  return body.id;
}

function refused(
  of: { base: string; status: number; body: Body; hint: string },
): SourceError {
  const { base, status, body: { message }, hint } = of;
  return new SourceError(
    status === 401 || status === 403 || status === 404
      ? "AuthenticationFailed"
      : "Unreachable",
    `${WHAT} at ${base}`,
    `it answered ${status}${typeof message === "string" ? `: ${message}` : ""}${
      status === 404 ? ` (${hint})` : ""
    }`.slice(0, 300),
  );
}

function unreadable(base: string, lacks: string): SourceError {
  return new SourceError(
    "Unreachable",
    `${WHAT} at ${base}`,
    `its answer has ${lacks}; is githubAppBaseURL right?`,
  );
}

async function request(
  path: string,
  options: Asked & { method?: string },
): Promise<{ status: number; body: Body }> {
  const { app, jwt, ca, proxy, timeout = 60_000, signal } = options;
  const what = `${WHAT} at ${app.base}`;
  using client = Deno.createHttpClient({
    ...(ca ? { caCerts: [ca] } : {}),
    ...(proxy ? { proxy: denoProxy(proxy) } : {}),
  });
  const limit = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(`${app.base}${path}`, {
      method: options.method ?? "GET",
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${jwt}`,
        "user-agent": "faros",
        "x-github-api-version": "2022-11-28",
      },
      redirect: "error",
      client,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const body = await response.json().catch(() => ({})) ?? {};
    return { status: response.status, body };
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) {
      throw new SourceError(
        "Timeout",
        what,
        `it took longer than ${timeout / 1000} s`,
      );
    }
    throw new SourceError("Unreachable", what, causes(error));
  }
}

/** A proxy as `Deno.createHttpClient` takes it. */
export function denoProxy(proxy: Proxy): Deno.Proxy {
  const { username, password } = proxy;
  return {
    url: proxy.url.replace(/\/\/[^@/]*@/, "//"),
    ...(username ? { basicAuth: { username, password: password ?? "" } } : {}),
  };
}
