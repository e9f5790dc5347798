import { join } from "node:path";
import { loadKubeconfig, writeKubeconfig } from "../../kube/kubeconfig.ts";
import {
  createAuthority,
  type TestAuthority,
} from "../../kube/testing/certificates.ts";

/** A client certificate in files, which ends, and is replaced. */
export class HubCertificate {
  /** PEM file of the CA. */
  readonly clientCA: string;
  readonly #dir: string;
  readonly #user: string;
  readonly #authority: TestAuthority;

  private constructor(
    dir: string,
    of: { user: string; authority: TestAuthority },
  ) {
    this.#dir = dir;
    this.#user = of.user;
    this.#authority = of.authority;
    this.clientCA = join(dir, "client-ca.crt");
  }

  /** Makes one of a day. */
  static async make(dir: string, user: string): Promise<HubCertificate> {
    const authority = await createAuthority();
    const certificate = new HubCertificate(dir, { user, authority });
    await Deno.writeTextFile(certificate.clientCA, authority.ca);
    await certificate.replace();
    return certificate;
  }

  /**
   * Puts another one in its place.
   *
   * @param life In milliseconds. @default a day
   * @returns its end, in milliseconds since 1970
   */
  async replace(life?: number): Promise<number> {
    const { cert, key } = await this.#authority.client(this.#user, life);
    await Deno.writeTextFile(join(this.#dir, "hub.crt"), cert);
    await Deno.writeTextFile(join(this.#dir, "hub.key"), key);
    return Date.now() + (life ?? 0);
  }

  /** Writes a kubeconfig as that at `path`, with the certificate's files in it. @returns its path */
  async kubeconfig(path: string): Promise<string> {
    const config = await loadKubeconfig({ path });
    for (const entry of config.users) {
      entry.user = {
        "client-certificate": join(this.#dir, "hub.crt"),
        "client-key": join(this.#dir, "hub.key"),
      };
    }
    const own = join(this.#dir, "hub.kubeconfig");
    await writeKubeconfig(own, config);
    return own;
  }
}
