/**
 * Code of the plugins that the hub publishes itself, by its SHA-256.
 *
 * @module
 */
import { ConfigMap } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { HUB_API, HUB_MANAGER, SYSTEM_NAMESPACE } from "../api/names.ts";
import { sha256Hex } from "../api/protocol/canonical_json.ts";
import type { KubeClient } from "../kube/client.ts";
import { type Logger, silentLogger } from "../kube/log.ts";

interface CodeMap extends KubeObject {
  /** base64. */
  binaryData?: Record<string, string>;
}

/** Field of the ConfigMap. */
const FIELD = "code";
/** A ConfigMap holds 1 MiB; this leaves room for the rest of it. */
const LARGEST = 1_000_000;
/** Bytes of code that are kept in memory. */
const MEMORY = 32 * 1024 * 1024;

/** URL of an artifact, relative to the hub's. */
export function artifactPath(hash: string): string {
  return `${HUB_API}/artifacts/sha256/${hash}`;
}

/** Options of {@linkcode Artifacts}. */
export interface ArtifactsOptions {
  client: KubeClient;
  /** Folder of the copies on disk; without it there are none. */
  cacheDir?: string;
  log?: Logger;
}

/**
 * Stores code where every replica finds it: in a ConfigMap of faros-system,
 * named by the hash; with copies on disk and in memory.
 */
export class Artifacts {
  readonly #options: ArtifactsOptions;
  readonly #log: Logger;
  readonly #memory = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Stored by this process. */
  readonly #stored = new Set<string>();
  #size = 0;

  constructor(options: ArtifactsOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
  }

  /** Stores code. @returns its SHA-256 in hex */
  async put(
    code: Uint8Array<ArrayBuffer>,
    options: { plugin: string; signal?: AbortSignal },
  ): Promise<string> {
    if (code.length > LARGEST) {
      throw new Error(
        `Cannot publish plugin ${options.plugin}: its code is ${code.length} bytes, and the hub stores at most ${LARGEST}; serve it from elsewhere by an https URL`,
      );
    }
    const hash = await sha256Hex(code);
    if (this.#stored.has(hash)) return hash;
    await this.#options.client.apply<CodeMap>(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: mapName(hash),
        namespace: SYSTEM_NAMESPACE,
        labels: { "plugins.faros.sh/artifact": "true" },
        annotations: { "plugins.faros.sh/plugin": options.plugin },
      },
      binaryData: { [FIELD]: code.toBase64() },
    }, { fieldManager: HUB_MANAGER, force: true, signal: options.signal });
    this.#stored.add(hash);
    this.#remember(hash, code);
    return hash;
  }

  /** The code with that SHA-256 (hex); undefined where there is none. */
  async get(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
    const known = this.#memory.get(hash) ?? await this.#fromDisk(hash);
    if (known) return known;
    const map = await this.#options.client.tryGet<CodeMap>(
      ConfigMap,
      mapName(hash),
      { namespace: SYSTEM_NAMESPACE },
    );
    const data = map?.binaryData?.[FIELD];
    if (data === undefined) return undefined;
    const code = Uint8Array.fromBase64(data);
    if (await sha256Hex(code) !== hash) {
      this.#log.error("A stored artifact is not what its name says", { hash });
      return undefined;
    }
    this.#remember(hash, code);
    await this.#toDisk(hash, code);
    return code;
  }

  #remember(hash: string, code: Uint8Array<ArrayBuffer>): void {
    if (!this.#memory.has(hash)) this.#size += code.length;
    this.#memory.set(hash, code);
    for (const [oldest, bytes] of this.#memory) {
      if (this.#size <= MEMORY || oldest === hash) return;
      this.#memory.delete(oldest);
      this.#size -= bytes.length;
    }
  }

  async #fromDisk(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { cacheDir } = this.#options;
    if (!cacheDir) return undefined;
    try {
      const code = await Deno.readFile(`${cacheDir}/${hash}`);
      if (await sha256Hex(code) !== hash) return undefined;
      this.#remember(hash, code);
      return code;
    } catch {
      return undefined; // not there, or not readable: it is a copy only
    }
  }

  async #toDisk(hash: string, code: Uint8Array<ArrayBuffer>): Promise<void> {
    const { cacheDir } = this.#options;
    if (!cacheDir) return;
    const temporary = `${cacheDir}/.${hash}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(cacheDir, { recursive: true });
      await Deno.writeFile(temporary, code);
      await Deno.rename(temporary, `${cacheDir}/${hash}`);
    } catch (error) {
      this.#log.warn("Cannot keep a copy of an artifact", { error });
    }
  }
}

function mapName(hash: string): string {
  return `artifact-sha256-${hash}`;
}
