import { StatusError } from "../../errors.ts";
import type { InternalClient, JsonObject } from "../../types.ts";

const LABELS = { component: "apiserver", provider: "kubernetes" };
const LABEL = "kubernetes.io/service-name";
const NAME = "kubernetes";
/** kube-apiserver's first address of its default service range; nothing here routes it. */
const CLUSTER_IP = "10.0.0.1";

/** Makes what clients in a cluster find the API server by: the Service `kubernetes` of namespace default, and its endpoints. */
export async function ensureKubernetesService(
  client: InternalClient,
  { hostname, port }: { hostname: string; port: number },
): Promise<void> {
  const metadata = { name: NAME, namespace: "default", labels: LABELS };
  await ensure(client, { group: "", resource: "services" }, {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      clusterIP: CLUSTER_IP,
      clusterIPs: [CLUSTER_IP],
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: port }],
      sessionAffinity: "None",
      type: "ClusterIP",
    },
  });
  const addressType = hostname.includes(":") ? "IPv6" : "IPv4";
  if (addressType === "IPv4" && !/^[\d.]+$/.test(hostname)) return;
  const endpoints: JsonObject = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { [LABEL]: NAME } },
    addressType,
    endpoints: [{ addresses: [hostname], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
  const key = { group: "discovery.k8s.io", resource: "endpointslices" };
  await ensure(client, key, endpoints);
}

/** Makes an object, or brings all but its metadata up to date: another start may serve at another port. */
async function ensure(
  client: InternalClient,
  of: { group: string; resource: string },
  object: JsonObject,
): Promise<void> {
  const key = { ...of, namespace: "default", name: NAME };
  const found = client.reader.get(key);
  if (found) {
    await client.update(key, { ...found, ...object, metadata: found.metadata });
    return;
  }
  try {
    await client.create(key, object);
  } catch (error) {
    const made = error instanceof StatusError &&
      error.reason === "AlreadyExists";
    if (!made) throw error;
  }
}
