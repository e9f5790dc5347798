import { UsageError } from "./errors.ts";

/** Where to listen. */
export interface ListenAddress {
  hostname: string;
  /** 0 is any that is free. */
  port: number;
}

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (all addresses). */
export function parseListenAddress(flag: string, text: string): ListenAddress {
  const [, ipv6, host, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d+)$/
    .exec(text) ?? [];
  if (port === undefined || Number(port) > 65535) {
    throw new UsageError(
      `--${flag} is ${
        JSON.stringify(text)
      }; it is HOST:PORT, such as 127.0.0.1:6443`,
    );
  }
  return { hostname: ipv6 ?? (host || "0.0.0.0"), port: Number(port) };
}
