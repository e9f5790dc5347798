import { createHubKey, type HubKey } from "../../agent/testing/hub_key.ts";
import { Plugin, type PluginVersion } from "../../api/plugin.ts";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import { ClaimType } from "../../api/protocol/claims.ts";

/** Somebody who publishes plugins: a key, and a server with their code. */
export class Publisher implements AsyncDisposable {
  /** For a Workspace's `spec.trust`. */
  readonly trust: { name: string; key: PublicJwk };
  readonly #key: HubKey;
  readonly #code = new Map<string, string>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(key: HubKey) {
    this.#key = key;
    this.trust = { name: "example", key: key.public };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const code = this.#code.get(new URL(request.url).pathname);
        return new Response(code, { status: code === undefined ? 404 : 200 });
      },
    );
  }

  static async start(): Promise<Publisher> {
    return new Publisher(await createHubKey());
  }

  /** A catalogue entry of one version, with its code where that says. */
  async publish(
    name: string,
    { source, version, ...rest }:
      & { source: string }
      & Pick<PluginVersion, "version" | "provides" | "kinds">,
  ): Promise<Plugin> {
    const digest = `sha256:${await sha256Hex(source)}`;
    const path = `/${name}-${version}.js`;
    this.#code.set(path, source);
    const claim = { plugin: name, version, digest };
    const { port } = this.#server.addr;
    return {
      apiVersion: Plugin.apiVersion,
      kind: Plugin.kind,
      metadata: { name },
      spec: {
        versions: [{
          version,
          form: "script",
          runs: "device",
          artifacts: [{
            url: `http://127.0.0.1:${port}${path}`,
            digest,
            signature: await this.#key.sign(claim, ClaimType.artifact),
          }],
          ...rest,
        }],
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
