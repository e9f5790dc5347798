import { basename } from "node:path";
import { Secret } from "../../api/core.ts";
import { REQUESTED_AT_ANNOTATION } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { formatObject } from "../output.ts";
import {
  syncRequest,
  syncWaitOptions,
  untilSynced,
} from "../repository/ask_for_sync.ts";
import {
  credentialOptions,
  readCredentials,
} from "../repository/credential_options.ts";
import {
  newRepository,
  newSecret,
  sourceOptions,
} from "../repository/new_repository.ts";
import { secondsOf } from "../seconds.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository create` */
export const command = defineCommand({
  description:
    "Has the hub follow a Git repository: makes the Secret with its credentials in\nnamespace faros-system and the Repository, and waits for the first sync. What is\nthere already is left alone.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    ...sourceOptions,
    ...credentialOptions,
    "verify-key-file": {
      type: "string",
      value: "FILE",
      multiple: true,
      description:
        "Public key (OpenPGP, armored, or SSH) whose signature each commit has to have; may be given several times",
    },
    export: {
      type: "boolean",
      description: "Write the manifests instead, which then hold credentials",
    },
    "no-wait": {
      type: "boolean",
      description: "Do not wait for the first sync",
    },
    ...syncWaitOptions,
  },
  examples: [
    {
      run: "faros repository create fleet --url https://git.example.org/fleet",
      does: "Follow branch main of a public repository",
    },
    {
      run:
        "faros repository create fleet --url https://git.example.org/fleet --username ann --password-stdin <token",
      does: "The same of a private one",
    },
    {
      run:
        "faros repository create fleet --url git@git.example.org:fleet --ssh-key-file id_ed25519 --known-hosts-file known_hosts --branch stable",
      does: "Another branch, by ssh",
    },
    {
      run:
        "faros repository create fleet --url https://git.example.org/fleet --semver '^1.0.0' --export",
      does: "Write the manifest of one that follows versions",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const seconds = secondsOf(options.timeout);
    const credentials = await readCredentials(options, io);
    const keys = await readKeys(options["verify-key-file"]);
    const secrets = [
      ...(credentials ? [newSecret(`${name}-git`, credentials)] : []),
      ...(keys ? [newSecret(`${name}-keys`, keys)] : []),
    ];
    const repository = newRepository(name, options, {
      credentials: credentials ? `${name}-git` : options["secret-ref"],
      keys: keys && `${name}-keys`,
    });
    if (options.export) {
      const objects = [...secrets, repository]
        .map((object) => formatObject(object, "yaml"));
      io.write(`${objects.join("\n---\n")}\n`);
      if (credentials) {
        io.err(
          "Warning: the Secret holds the credentials in plain text; encrypt it before it goes into a repository",
        );
      }
      return;
    }
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    if (await client.tryGet(Repository, name, { signal })) {
      throw new Error(
        `Cannot create repository ${name}: there is one of that name; see 'faros repository get ${name}'`,
      );
    }
    for (const secret of secrets) {
      await client.create(Secret, secret, {
        fieldManager: "faros-cli",
        signal,
      });
      io.out(`secret/${secret.metadata.name} created`);
    }
    const { requestedAt } = syncRequest();
    await client.create<Repository>(Repository, {
      ...repository,
      metadata: {
        name,
        annotations: { [REQUESTED_AT_ANNOTATION]: requestedAt },
      },
    }, { fieldManager: "faros-cli", fieldValidation: "Strict", signal });
    io.out(`repository.gitops.faros.sh/${name} created`);
    if (options["no-wait"] || options.suspend) return;
    const message = await untilSynced(name, {
      client,
      requestedAt,
      seconds,
      doing: "sync",
      io,
      signal,
    });
    io.out(`repository ${name}: ${message}`);
  },
});

/** Public keys under the names of their files, which say of what kind they are. */
async function readKeys(
  paths: string[],
): Promise<Record<string, string> | undefined> {
  if (paths.length === 0) return undefined;
  const data: Record<string, string> = {};
  for (const path of paths) {
    const text = await Deno.readTextFile(path).catch((error) => {
      throw new Error(
        `Cannot read ${path} (--verify-key-file): ${error.message}`,
      );
    });
    const key = keyName(path, text);
    if (data[key] !== undefined) {
      throw new UsageError(
        `--verify-key-file gives two files whose keys are named ${key}; rename one`,
      );
    }
    data[key] = text;
  }
  return data;
}

/** What a key is called in the Secret. @throws {UsageError} where it is none */
function keyName(path: string, text: string): string {
  const name = basename(path).replaceAll(/[^\w.-]/g, "_");
  if (name === "allowed_signers") return name;
  const isPgp = text.includes("BEGIN PGP PUBLIC KEY BLOCK");
  if (!isPgp && !/^(ssh-|ecdsa-|sk-)/m.test(text)) {
    throw new UsageError(
      `--verify-key-file is ${path}, which is no armored OpenPGP key, SSH public key or allowed_signers`,
    );
  }
  return `${name.replace(/\.(asc|gpg|pub)$/, "")}.${isPgp ? "asc" : "pub"}`;
}
