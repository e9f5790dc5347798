import { DnsLabel } from "../api/meta.ts";
import { UsageError } from "./errors.ts";

/** Checks the name of an agent. @param what As the user knows it: `NAME`, `--name` @throws UsageError */
export function checkAgentName(name: string, what: string): void {
  if (DnsLabel.safeParse(name).success) return;
  throw new UsageError(
    `${what} is ${
      JSON.stringify(name)
    }; an agent's name has up to 63 lower-case letters, digits and '-', and starts and ends with a letter or digit`,
  );
}
