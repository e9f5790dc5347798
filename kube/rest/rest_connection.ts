import { type Clock, systemClock } from "../clock.ts";
import type { ClusterConfig } from "../cluster_config.ts";
import { createCredentials, type Credentials } from "../credentials.ts";
import { renewedConfig } from "../renewed_config.ts";
import type { RestClientOptions } from "../rest_client_options.ts";
import { createTransport, type Transport } from "../transport.ts";

/** What clients of one server that act as different users share. */
export class RestConnection {
  readonly options: RestClientOptions & { clock: Clock };
  readonly fetch: NonNullable<RestClientOptions["fetch"]>;
  /** Streams under way. */
  openStreams = 0;
  #config: ClusterConfig;
  #transport: Transport;
  #credentials: Credentials;
  /** A look for other credentials that is under way. */
  #renewing: Promise<void> | undefined;

  constructor(config: ClusterConfig, options: RestClientOptions = {}) {
    const { clock = systemClock, fetch, token } = options;
    this.options = { ...options, clock };
    this.fetch = fetch ?? globalThis.fetch;
    this.#config = config;
    this.#transport = fetch
      ? inProcess(config)
      : createTransport(config, options);
    this.#credentials = createCredentials(config, { clock, token });
  }

  get config(): ClusterConfig {
    return this.#config;
  }
  get transport(): Transport {
    return this.#transport;
  }
  get credentials(): Credentials {
    return this.#credentials;
  }

  /**
   * Looks for other credentials than those of `refused`.
   * @returns whether there are others now
   */
  async renew(refused: ClusterConfig): Promise<boolean> {
    if (this.#config !== refused) return true; // another request was first
    this.#renewing ??= this.#lookForCredentials()
      .finally(() => this.#renewing = undefined);
    await this.#renewing;
    return this.#config !== refused;
  }

  async #lookForCredentials(): Promise<void> {
    const before = this.#transport;
    const config = await renewedConfig(this.#config);
    if (!config) return;
    if (!this.options.fetch) {
      let renewed: Transport | undefined;
      try {
        renewed = createTransport(config, this.options);
        renewed.client();
      } catch {
        // A new certificate whose key is not there yet, for instance.
        renewed?.[Symbol.dispose]();
        return;
      }
      this.#transport = renewed;
      before[Symbol.dispose]();
    }
    this.#credentials = createCredentials(config, this.options);
    this.#config = config;
  }

  close(): void {
    this.#transport[Symbol.dispose]();
  }
}

function inProcess(config: ClusterConfig): Transport {
  return {
    baseUrl: config.server.replace(/\/+$/, ""),
    client: () => undefined,
    renew: () => {},
    [Symbol.dispose]: () => {},
  };
}
