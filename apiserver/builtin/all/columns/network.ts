import type { Column, JsonObject, KubeObject } from "../../../types.ts";
import { age, NAME } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { labelsText, selectorText } from "../selector_text.ts";
import { atMost, column, NONE, UNSET } from "./cells.ts";

/** How much of a load balancer's addresses is shown. */
const BALANCER_WIDTH = 16;

/** The columns of Services, Ingresses and what stands behind them. */
export function networkColumns(
  context: ColumnContext,
): Record<string, Column[]> {
  return {
    Service: [
      NAME,
      column("Type", ({ spec }) => spec?.type),
      column("Cluster-IP", ({ spec }) => {
        return spec?.clusterIPs?.[0] || spec?.clusterIP || NONE;
      }),
      column("External-IP", externalAddress),
      column("Port(s)", ({ spec }) => ports(spec?.ports ?? []) || NONE),
      age(context),
      column("Selector", ({ spec }) => labelsText(spec?.selector) || NONE, {
        wide: true,
      }),
    ],
    Endpoints: [NAME, column("Endpoints", endpoints), age(context)],
    EndpointSlice: [
      NAME,
      column("AddressType", (slice) => slice.addressType),
      column("Ports", (slice) => {
        const list = (slice.ports ?? []).map((port: KubeObject) =>
          port.port !== undefined ? String(port.port) : port.name || "*"
        );
        return atMost(3, list) || UNSET;
      }),
      column("Endpoints", (slice) => {
        const list = (slice.endpoints ?? [])
          .flatMap((endpoint: KubeObject) => endpoint.addresses ?? []);
        return atMost(3, list) || UNSET;
      }),
      age(context),
    ],
    Ingress: [
      NAME,
      column("Class", ({ spec }) => spec?.ingressClassName ?? NONE),
      column("Hosts", hosts),
      column("Address", ({ status }) => balancer(status)),
      column("Ports", ({ spec }) => spec?.tls?.length ? "80, 443" : "80"),
      age(context),
    ],
    IngressClass: [
      NAME,
      column("Controller", ({ spec }) => spec?.controller),
      column("Parameters", ({ spec }) => {
        const of = spec?.parameters;
        if (!of) return NONE;
        return `${of.kind}${of.apiGroup ? `.${of.apiGroup}` : ""}/${of.name}`;
      }),
      age(context),
    ],
    NetworkPolicy: [
      NAME,
      column("Pod-Selector", ({ spec }) => {
        return selectorText(spec?.podSelector) || NONE;
      }),
      age(context),
    ],
    IPAddress: [NAME, column("ParentRef", parent), age(context)],
    ServiceCIDR: [
      NAME,
      column("CIDRs", ({ spec }) => (spec?.cidrs ?? []).join(",")),
      age(context),
    ],
  };
}

function ports(list: KubeObject[]): string {
  return list.map(({ port, nodePort, protocol }) =>
    `${nodePort ? `${port}:${nodePort}` : port}/${protocol ?? "TCP"}`
  ).join(",");
}

function balancer(status: JsonObject | undefined): string {
  const { ingress = [] } = (status?.loadBalancer ?? {}) as {
    ingress?: { ip?: string; hostname?: string }[];
  };
  const found = ingress.map(({ ip, hostname }) => ip || hostname || "");
  const text = [...new Set(found.filter(Boolean))].sort().join(",");
  return text.length > BALANCER_WIDTH
    ? `${text.slice(0, BALANCER_WIDTH - 3)}...`
    : text;
}

function externalAddress({ spec, status }: KubeObject): string {
  const own: string[] = spec?.externalIPs ?? [];
  switch (spec?.type ?? "ClusterIP") {
    case "ClusterIP":
    case "NodePort":
      return own.join(",") || NONE;
    case "LoadBalancer":
      return [balancer(status), ...own].filter(Boolean).join(",") ||
        "<pending>";
    case "ExternalName":
      return spec?.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function hosts({ spec }: KubeObject): string {
  const rules: { host?: string }[] = spec?.rules ?? [];
  const named = rules.slice(0, 3).flatMap(({ host }) => host ? [host] : []);
  if (named.length === 0) return "*";
  const more = rules.length > 3 ? ` + ${rules.length - 3} more...` : "";
  return named.join(",") + more;
}

function endpoints({ subsets = [] }: KubeObject): string {
  if (subsets.length === 0) return NONE;
  const list = subsets.flatMap((subset: KubeObject) => {
    const addresses: string[] = (subset.addresses ?? [])
      .map((address: { ip: string }) => address.ip);
    if (!subset.ports?.length) return addresses;
    return subset.ports.flatMap(({ port }: { port: number }) =>
      addresses.map((ip) =>
        ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`
      )
    );
  });
  return atMost(3, list);
}

function parent({ spec }: KubeObject): string {
  const of = spec?.parentRef;
  if (!of) return NONE;
  const resource = of.group ? `${of.resource}.${of.group}` : of.resource;
  return [resource, of.namespace, of.name].filter(Boolean).join("/");
}
