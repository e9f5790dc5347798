import type { Repository } from "../../api/repository.ts";
import { ForgeError } from "./forge_client.ts";

/** A repository on a forge. */
export interface Project {
  /** Address of the forge as in a browser, without a slash at its end. */
  root: string;
  /** Path of the repository on it: `acme/fleet`. */
  path: string;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Which repository of which forge a Repository is, from `spec.url` and what
 * `spec.forge` says otherwise.
 *
 * @throws {ForgeError} where that is not to be told
 */
export function projectOf({ url, forge }: Repository["spec"]): Project {
  const found = fromUrl(url);
  const root = (forge?.url ?? found?.root)?.replace(/\/+$/, "");
  if (!root) {
    throw invalid(
      `spec.url ${url} tells no forge; set spec.forge.url and spec.forge.repository`,
    );
  }
  const parsed = URL.parse(root);
  const secure = parsed?.protocol === "https:" ||
    (parsed?.protocol === "http:" && LOOPBACK.test(parsed.hostname));
  if (
    !parsed || !secure || parsed.username || parsed.search || parsed.hash
  ) {
    throw invalid(
      `${
        root.replace(/\/\/[^/@]*@/, "//…@")
      } is no https:// address of a forge; set spec.forge.url`,
    );
  }
  let path = (forge?.repository ?? found?.path ?? "").replace(/^\/+/, "");
  // A forge in a folder of its host has it in clones' URLs, too.
  const folder = parsed.pathname.replace(/^\/|\/$/g, "");
  if (!forge?.repository && folder && path.startsWith(`${folder}/`)) {
    path = path.slice(folder.length + 1);
  }
  path = path.replace(/\/+$/, "").replace(/\.git$/, "");
  const parts = path.split("/");
  const isPart = (part: string) =>
    /^[\w.~-]+$/.test(part) && !/^\.+$/.test(part);
  if (parts.length < 2 || !parts.every(isPart)) {
    throw invalid(
      `${
        JSON.stringify(path)
      } is no path of a repository such as acme/fleet; set spec.forge.repository`,
    );
  }
  return { root, path };
}

function fromUrl(url: string): Project | undefined {
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(url);
  if (scp && !url.includes("://")) {
    return { root: `https://${scp[1]}`, path: scp[2]! };
  }
  const parsed = URL.parse(url);
  if (!parsed) return undefined;
  const path = decodeURIComponent(parsed.pathname);
  switch (parsed.protocol) {
    case "http:":
    case "https:":
      return { root: parsed.origin, path };
    case "ssh:":
      // Its port is that of ssh.
      return { root: `https://${parsed.hostname}`, path };
  }
}

function invalid(found: string): ForgeError {
  return new ForgeError("ForgeInvalid", `Cannot tell the forge: ${found}`);
}
