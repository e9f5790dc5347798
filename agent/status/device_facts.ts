import type { Device } from "../../api/device.ts";

/** Facts about this device. What the platform does not tell is left out. */
export function deviceFacts(agentVersion?: string): Device {
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    kernel: attempt(() => Deno.osRelease()),
    hostname: attempt(() => Deno.hostname()),
    addresses: attempt(addresses) ?? [],
    ...(agentVersion ? { agentVersion } : {}),
  };
}

/** IP addresses, without loopback and link-local ones, in order. */
function addresses(): string[] {
  const all = Deno.networkInterfaces().map(({ address }) => address);
  return [...new Set(all)].filter((address) =>
    !/^(127\.|169\.254\.|::1$|fe80:)/i.test(address)
  ).sort();
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
