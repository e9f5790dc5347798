/**
 * Things that every namespace has: the ServiceAccount `default`, and the CA in
 * the ConfigMap `kube-root-ca.crt`.
 *
 * @module
 */
import { deepEqual } from "../schema/deep_equal.ts";
import {
  activeNamespaces,
  type Controller,
  type ControllerContext,
  copy,
  isActive,
  tolerate,
} from "./controller.ts";

const ACCOUNTS = { group: "", resource: "serviceaccounts" };
const MAPS = { group: "", resource: "configmaps" };
const ROOT_CA = "kube-root-ca.crt";
const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** The controller of `default` ServiceAccounts. */
export function defaultServiceAccount(
  { client, reader }: ControllerContext,
): Controller {
  return {
    name: "default-serviceaccount",
    initial: () => activeNamespaces(reader),
    affected({ type, group, resource, object }) {
      if (group !== "") return [];
      const { name, namespace = "" } = object.metadata;
      if (resource === "namespaces") return type === "DELETED" ? [] : [name];
      const gone = resource === ACCOUNTS.resource && type === "DELETED" &&
        name === "default";
      return gone ? [namespace] : [];
    },
    async reconcile(namespace) {
      if (!isActive(reader, namespace)) return;
      if (reader.get({ ...ACCOUNTS, namespace, name: "default" })) return;
      await tolerate(
        client.create({ ...ACCOUNTS, namespace }, {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "default", namespace },
        }),
        "AlreadyExists",
      );
    },
  };
}

/** The controller of `kube-root-ca.crt` ConfigMaps; `ca` is PEM. */
export function rootCaPublisher(
  { client, reader }: ControllerContext,
  { ca }: { ca: string },
): Controller {
  return {
    name: "root-ca-publisher",
    initial: () => activeNamespaces(reader),
    affected({ type, group, resource, object }) {
      if (group !== "") return [];
      const { name, namespace = "" } = object.metadata;
      if (resource === "namespaces") return type === "DELETED" ? [] : [name];
      const changed = resource === MAPS.resource && type !== "ADDED" &&
        name === ROOT_CA;
      return changed ? [namespace] : [];
    },
    async reconcile(namespace) {
      if (!isActive(reader, namespace)) return;
      const key = { ...MAPS, namespace, name: ROOT_CA };
      const data = { "ca.crt": ca };
      const found = reader.get(key);
      if (!found) {
        await tolerate(
          client.create(key, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: {
              name: ROOT_CA,
              namespace,
              annotations: { "kubernetes.io/description": DESCRIPTION },
            },
            data,
          }),
          "AlreadyExists",
        );
      } else if (!deepEqual(found.data, data)) {
        const next = copy(found);
        next.data = data;
        await client.update(key, next);
      }
    },
  };
}
