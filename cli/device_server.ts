import { UsageError } from "./errors.ts";

/** Checks the URL that a device is to reach the API server at. @throws UsageError where it is none */
export function checkServerUrl(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol === "https:" && url.hostname) return;
  throw new UsageError(
    `--server is ${
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
