import type { Certificate } from "../apiserver/server/http_server.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import type { Logger } from "../kube/log.ts";

/** Time between two looks, in milliseconds. */
const INTERVAL = 60_000;

/** Paths of a certificate and its key, PEM. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

/** Reads them. */
export async function readCertificate(
  { cert, key }: CertificateFiles,
): Promise<Certificate> {
  return {
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  };
}

/** Options of {@linkcode followCertificate}. */
export interface FollowCertificateOptions {
  /** What is served with now. */
  current: Certificate;
  use(certificate: Certificate): Promise<void>;
  log: Logger;
  clock?: Clock;
  signal: AbortSignal;
}

/** Uses the files' content anew when cert-manager, certbot or a person has changed them, until the signal aborts. */
export async function followCertificate(
  files: CertificateFiles,
  options: FollowCertificateOptions,
): Promise<void> {
  const { use, log, clock = systemClock, signal } = options;
  let { current } = options;
  while (!signal.aborted) {
    await clock.sleep(INTERVAL, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const next = await readCertificate(files);
      if (next.cert === current.cert && next.key === current.key) continue;
      await use(next);
      current = next;
      log.info("Serving with the new certificate", { file: files.cert });
    } catch (error) {
      // Half written, perhaps: the next look sees it whole.
      log.warn("Cannot use the certificate; going on with the one before", {
        file: files.cert,
        error,
      });
    }
  }
}
