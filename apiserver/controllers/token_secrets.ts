/**
 * Fills Secrets of type `kubernetes.io/service-account-token` with a lasting
 * token, and removes them with their ServiceAccount.
 *
 * @module
 */
import type { ServiceAccountTokens } from "../authentication/service_account_tokens.ts";
import { ACCOUNT_NAME, ACCOUNT_UID, TOKEN_SECRET } from "../builtin/secret.ts";
import type { KubeObject } from "../types.ts";
import {
  type Controller,
  type ControllerContext,
  copy,
  tolerate,
} from "./controller.ts";

const SECRETS = { group: "", resource: "secrets" };
const ACCOUNTS = { group: "", resource: "serviceaccounts" };

/** The controller of token Secrets; `ca` is PEM. */
export function tokenSecrets(
  { client, reader }: ControllerContext,
  { tokens, ca }: { tokens: ServiceAccountTokens; ca: string },
): Controller {
  const isToken = (secret: KubeObject) => secret.type === TOKEN_SECRET;
  const keyOf = ({ metadata }: KubeObject) =>
    `${metadata.namespace}/${metadata.name}`;
  return {
    name: "serviceaccount-token",
    initial: () => reader.list(SECRETS).filter(isToken).map(keyOf),
    affected({ type, group, resource, object }) {
      if (group !== "") return [];
      if (resource === SECRETS.resource) {
        return isToken(object) && type !== "DELETED" ? [keyOf(object)] : [];
      }
      if (resource !== ACCOUNTS.resource || type === "MODIFIED") return [];
      const { namespace, name } = object.metadata;
      return reader.list({ ...SECRETS, namespace })
        .filter((s) =>
          isToken(s) && s.metadata.annotations?.[ACCOUNT_NAME] === name
        )
        .map(keyOf);
    },
    async reconcile(text) {
      const [namespace = "", name = ""] = text.split("/");
      const key = { ...SECRETS, namespace, name };
      const secret = reader.get(key);
      if (!secret || !isToken(secret) || secret.metadata.deletionTimestamp) {
        return;
      }
      const annotations = secret.metadata.annotations ?? {};
      const account = reader.get({
        ...ACCOUNTS,
        namespace,
        name: annotations[ACCOUNT_NAME] ?? "",
      });
      const uid = account?.metadata.uid;
      const known = annotations[ACCOUNT_UID];
      if (!account || (known && known !== uid)) {
        await tolerate(
          client.delete(key, { uid: secret.metadata.uid }),
          "NotFound",
          "Conflict",
        );
        return;
      }
      const data: Record<string, string> = {
        ...secret.data,
        "ca.crt": btoa(ca),
        namespace: btoa(namespace),
      };
      data.token ||= btoa(
        await tokens.issueLegacy({
          namespace,
          account: { name: account.metadata.name, uid: account.metadata.uid },
          secret: name,
        }),
      );
      const same = known &&
        Object.keys(data).every((k) => secret.data?.[k] === data[k]);
      if (same) return;
      const next = copy(secret);
      next.data = data;
      next.metadata.annotations = { ...annotations, [ACCOUNT_UID]: uid! };
      await client.update(key, next);
    },
  };
}
