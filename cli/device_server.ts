import { UsageError } from "./errors.ts";

/**
 * Checks a URL that devices are told: they send their tokens over TLS, or within their own machine, only.
 *
 * @param flag Without its dashes
 * @throws UsageError where it is none
 */
export function checkDeviceUrl(flag: string, text: string | undefined): void {
  if (text === undefined) return;
  const url = URL.parse(text);
  if (url?.protocol === "https:" && url.hostname) return;
  if (url?.protocol === "http:" && leadsToItself(text)) return;
  throw new UsageError(
    `--${flag} is ${
      JSON.stringify(text)
    }; it is a URL such as https://faros.example.com:6443`,
  );
}

/**
 * Whether a URL leads to whoever asks, so that another machine finds nothing, or something else, there: that of the
 * loopback interface, and of all interfaces at once.
 */
export function leadsToItself(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") ||
    /^(\[::1?\]|0\.0\.0\.0|127(\.\d+){3})$/.test(host);
}
