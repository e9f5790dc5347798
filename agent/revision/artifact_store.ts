import type { Artifact } from "../../api/plugin.ts";
import type { ResolvedPlugin } from "../../api/revision.ts";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import type { HeldCredential } from "../identity/credential.ts";
import { hubRequest } from "../identity/hub_http.ts";
import { SignatureError, verifyJws } from "../identity/hub_trust.ts";
import type { StateFolder } from "../state/state_folder.ts";
import { StageError } from "./stage_error.ts";

/** Largest script, in bytes. */
const MAX_SCRIPT = 4 * 1024 * 1024;

/** Gets code from where its artifact says. */
export type ArtifactFetcher = (
  artifact: Artifact,
  options: { maxBytes: number; signal: AbortSignal },
) => Promise<Uint8Array<ArrayBuffer>>;

/** Fetches from the hub, with the device's credential, or from elsewhere, without. */
export function artifactFetcher(
  credential: () => Promise<HeldCredential>,
): ArtifactFetcher {
  return async ({ url }, { maxBytes, signal }) => {
    if (!url.startsWith("/")) {
      return await hubRequest(url, { maxBytes, signal });
    }
    const { hubURL, hubCAData, token } = await credential();
    return await hubRequest(`${hubURL}${url}`, {
      caData: hubCAData,
      token,
      maxBytes,
      signal,
    });
  };
}

/** Code of plugins by digest, on disk. Nothing leaves it unchecked. */
export class ArtifactStore {
  readonly #state: StateFolder;

  constructor(state: StateFolder) {
    this.#state = state;
  }

  /**
   * The code of a plugin for this device, fetched where it is not on disk.
   *
   * @param options.fetch Left out offline.
   * @throws StageError
   */
  async get(
    plugin: ResolvedPlugin,
    options: { fetch?: ArtifactFetcher; signal: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const artifact = chooseArtifact(plugin);
    await checkSignature(plugin, artifact);
    const file = artifactFile(artifact.digest);
    const present = await this.#state.readBytes(file);
    if (present && await digestOf(present) === artifact.digest) return present;
    const { fetch, signal } = options;
    if (!fetch) {
      throw new StageError(
        "ArtifactUnavailable",
        `The code of plugin ${plugin.plugin} ${plugin.version} is not on disk`,
      );
    }
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await fetch(artifact, { maxBytes: MAX_SCRIPT, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new StageError(
        "ArtifactUnavailable",
        `Cannot fetch plugin ${plugin.plugin} ${plugin.version}: ${
          (error as Error).message
        }`,
        { cause: error },
      );
    }
    const digest = await digestOf(bytes);
    if (digest !== artifact.digest) {
      throw new StageError(
        "ArtifactAltered",
        `What ${artifact.url} answers is not plugin ${plugin.plugin} ${plugin.version}: its digest is ${digest}, not ${artifact.digest}`,
      );
    }
    await this.#state.write(file, bytes);
    return bytes;
  }
}

/** Path in the state folder of the code with a digest. */
export function artifactFile(digest: string): string {
  return `artifacts/${digest.replace(":", "-")}`;
}

/** The artifact of a plugin that is for this device's system. @throws StageError */
export function chooseArtifact(plugin: ResolvedPlugin): Artifact {
  const { os, arch } = Deno.build;
  const fits = (own: string | undefined, device: string) =>
    own === undefined || own === device;
  const found = plugin.artifacts.find((a) =>
    fits(a.os, os) && fits(a.arch, arch)
  );
  if (found) return found;
  throw new StageError(
    "ArtifactUnavailable",
    `Plugin ${plugin.plugin} ${plugin.version} has nothing for ${os} on ${arch}`,
    { terminal: true },
  );
}

async function checkSignature(
  plugin: ResolvedPlugin,
  artifact: Artifact,
): Promise<void> {
  const { name, key } = plugin.publisher;
  const claim = {
    plugin: plugin.plugin,
    version: plugin.version,
    digest: artifact.digest,
  };
  try {
    await verifyJws(artifact.signature, {
      key,
      claim,
      typ: ClaimType.artifact,
    });
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    throw new StageError(
      "ArtifactNotTrusted",
      `Plugin ${plugin.plugin} ${plugin.version} is not from publisher ${name}: ${error.message}`,
      { terminal: true },
    );
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${await sha256Hex(bytes)}`;
}
