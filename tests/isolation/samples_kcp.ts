import type { Sample } from "./samples.ts";

const anExport = { path: "root:faros", name: "edge.faros.sh" };

/** What the kinds of kcp need beside a name. */
export const KCP_FIELDS: Record<string, Record<string, unknown>> = {
  "workspaces.tenancy.kcp.io": {
    spec: { type: { path: "root", name: "universal" } },
  },
  "workspaceauthenticationconfigurations.tenancy.kcp.io": {
    spec: {
      jwt: [{
        issuer: { url: "https://a.test", audiences: ["a"] },
        claimMappings: { username: { claim: "sub", prefix: "a:" } },
      }],
    },
  },
  "apibindings.apis.kcp.io": { spec: { reference: { export: anExport } } },
  "apiexportendpointslices.apis.kcp.io": { spec: { export: anExport } },
  "apiconversions.apis.kcp.io": { spec: { conversions: [] } },
  "partitions.topology.kcp.io": {
    spec: { selector: { matchLabels: { none: "x" } } },
  },
  "partitionsets.topology.kcp.io": {
    spec: { shardSelector: { matchLabels: { none: "x" } } },
  },
  "clustercachedresources.cache.kcp.io": {
    spec: { group: "isolation.test", version: "v1", resource: "nothings" },
  },
};

/** Kinds of kcp whose fields depend on the name. */
export const KCP_BY_NAME: Record<string, (name: string) => Sample> = {
  "apiresourceschemas.apis.kcp.io": (name) => ({
    metadata: { name: `${name}.nothings.isolation.test` },
    spec: {
      group: "isolation.test",
      scope: "Namespaced",
      names: {
        plural: "nothings",
        singular: "nothing",
        kind: "Nothing",
        listKind: "NothingList",
      },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { type: "object" },
      }],
    },
  }),
};
