import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

/** Flags that say how to log in to a Git server. */
export const credentialOptions = {
  "secret-ref": {
    type: "string",
    value: "NAME",
    description:
      "Secret in namespace faros-system with the credentials, instead of one that is made of the flags below",
  },
  username: {
    type: "string",
    value: "NAME",
    description: "User of an https URL, with --password-stdin",
  },
  "password-stdin": {
    type: "boolean",
    description: "Read the user's password, or token, from standard input",
  },
  "bearer-token-stdin": {
    type: "boolean",
    description: "Read a bearer token for an https URL from standard input",
  },
  "ca-file": {
    type: "string",
    value: "FILE",
    description: "Certificate of the private CA behind an https URL, PEM",
  },
  "tls-cert-file": {
    type: "string",
    value: "FILE",
    description: "Client certificate for an https URL, PEM",
  },
  "tls-key-file": {
    type: "string",
    value: "FILE",
    description: "Key of the client certificate, PEM",
  },
  "ssh-key-file": {
    type: "string",
    value: "FILE",
    description:
      "Private key for an ssh URL; --password-stdin where it is encrypted",
  },
  "known-hosts-file": {
    type: "string",
    value: "FILE",
    description: "The ssh server's own keys, as ssh-keyscan writes them",
  },
} as const;

/** What {@linkcode credentialOptions} were given. */
export interface CredentialValues {
  "secret-ref": string | undefined;
  username: string | undefined;
  "password-stdin": boolean;
  "bearer-token-stdin": boolean;
  "ca-file": string | undefined;
  "tls-cert-file": string | undefined;
  "tls-key-file": string | undefined;
  "ssh-key-file": string | undefined;
  "known-hosts-file": string | undefined;
}

/** Key of the Secret that the content of a file is. */
const FILES = {
  "ca-file": "ca.crt",
  "tls-cert-file": "tls.crt",
  "tls-key-file": "tls.key",
  "ssh-key-file": "identity",
  "known-hosts-file": "known_hosts",
} as const;

/**
 * The content of a Secret, of what flags give; undefined where they give none.
 *
 * @throws {UsageError} for flags that make no sense together
 */
export async function readCredentials(
  options: CredentialValues,
  io: Pick<Io, "readStdin">,
): Promise<Record<string, string> | undefined> {
  check(options);
  const data: Record<string, string> = {};
  if (options.username !== undefined) data.username = options.username;
  for (const [flag, key] of Object.entries(FILES)) {
    const path = options[flag as keyof typeof FILES];
    if (path === undefined) continue;
    try {
      data[key] = await Deno.readTextFile(path);
    } catch (error) {
      throw new Error(
        `Cannot read ${path} (--${flag}): ${(error as Error).message}`,
      );
    }
  }
  const stdin = options["password-stdin"]
    ? "password"
    : options["bearer-token-stdin"]
    ? "bearerToken"
    : undefined;
  if (stdin) {
    // A file made by an editor, or echo, ends with a line break.
    data[stdin] = (await io.readStdin()).replace(/\r?\n$/, "");
    if (!data[stdin]) {
      throw new UsageError(
        `--${
          stdin === "password" ? "password" : "bearer-token"
        }-stdin is given and standard input is empty`,
      );
    }
  }
  return Object.keys(data).length ? data : undefined;
}

function check(options: CredentialValues): void {
  const given = Object.entries(options).filter(([flag, value]) =>
    flag in credentialOptions && flag !== "secret-ref" && value
  ).map(([flag]) => `--${flag}`);
  if (options["secret-ref"] !== undefined && given.length) {
    throw new UsageError(
      `--secret-ref and ${given[0]} are given; give one of them`,
    );
  }
  if (options["password-stdin"] && options["bearer-token-stdin"]) {
    throw new UsageError(
      "--password-stdin and --bearer-token-stdin are given; give one of them",
    );
  }
  const pairs = [
    ["username", "password-stdin"],
    ["tls-cert-file", "tls-key-file"],
    ["tls-key-file", "tls-cert-file"],
    ["ssh-key-file", "known-hosts-file"],
    ["known-hosts-file", "ssh-key-file"],
  ] as const;
  for (const [flag, other] of pairs) {
    if (options[flag] && !options[other]) {
      throw new UsageError(`--${flag} needs --${other}`);
    }
  }
  if (
    options["password-stdin"] && !options.username && !options["ssh-key-file"]
  ) {
    throw new UsageError("--password-stdin needs --username or --ssh-key-file");
  }
}
