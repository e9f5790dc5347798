import type { Clock } from "./clock.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { execCredential } from "./exec_credential.ts";

/** Where the `Authorization` header of requests comes from. */
export interface Credentials {
  /**
   * The header's value; none for anonymous requests and client certificates.
   *
   * @param options.refresh Ask the source again: the last value was refused.
   */
  authorization(options: {
    refresh: boolean;
    signal?: AbortSignal;
  }): Promise<string | undefined>;
  /** Whether `refresh` can give another value. */
  readonly refreshable: boolean;
}

/** A bearer token from elsewhere, for instance one that an agent renews. */
export type TokenSource = (
  options: { refresh: boolean; signal?: AbortSignal },
) => string | Promise<string>;

/** How long a token file's content is taken to be current, in milliseconds. */
const TOKEN_FILE_TTL = 10_000;
/** A credential is renewed that long before its end, in milliseconds. */
const EXPIRY_MARGIN = 10_000;

/** The {@linkcode Credentials} that a cluster's configuration asks for. */
export function createCredentials(
  config: ClusterConfig,
  options: { clock: Clock; token?: TokenSource },
): Credentials {
  const { clock, token } = options;
  if (token) {
    return {
      refreshable: true,
      authorization: async (how) => bearer(await token(how), "the token"),
    };
  }
  if (config.tokenFile) return fromFile(config.tokenFile, { config, clock });
  if (config.token) {
    const value = bearer(config.token, "the token of the kubeconfig's user");
    return fixed(value);
  }
  if (config.username) {
    const pair = `${config.username}:${config.password ?? ""}`;
    const bytes = new TextEncoder().encode(pair);
    return fixed(`Basic ${btoa(String.fromCharCode(...bytes))}`);
  }
  if (config.exec) return fromExec(config, clock);
  return fixed(undefined);
}

function fixed(value: string | undefined): Credentials {
  return { refreshable: false, authorization: () => Promise.resolve(value) };
}

function fromFile(
  path: string,
  options: { config: ClusterConfig; clock: Clock },
): Credentials {
  const { config, clock } = options;
  let last: { token: string; readAt: number } | undefined;
  return {
    refreshable: true,
    async authorization({ refresh }) {
      if (refresh || !last || clock.now() - last.readAt > TOKEN_FILE_TTL) {
        try {
          const token = (await Deno.readTextFile(path)).trim();
          if (!token) throw new Error("it is empty");
          last = { token, readAt: clock.now() };
        } catch (error) {
          // Amid a rotation the file may be missing: go on with what we had.
          const before = last?.token ?? config.token;
          if (!before) {
            throw new Error(
              `Cannot read token file ${path}: ${(error as Error).message}`,
              { cause: error },
            );
          }
          last = { token: before, readAt: clock.now() };
        }
      }
      return bearer(last.token, `the token in ${path}`);
    },
  };
}

/** @throws where it is no token, without the token itself, which the runtime's own error would tell */
function bearer(token: string, what: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new Error(
    `Cannot log in with ${what}: it has a space, a line break or another character that no token has`,
  );
}

function fromExec(config: ClusterConfig, clock: Clock): Credentials {
  let last: { token: string; expires: number } | undefined;
  let running: ReturnType<typeof execCredential> | undefined;
  return {
    refreshable: true,
    async authorization({ refresh }) {
      if (refresh || !last || clock.now() > last.expires - EXPIRY_MARGIN) {
        // Requests that arrive together share one run of the program.
        running ??= execCredential(config).finally(() => running = undefined);
        last = await running;
      }
      return bearer(last.token, `the token of ${config.exec!.command}`);
    },
  };
}
