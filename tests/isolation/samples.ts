import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { KCP_BY_NAME, KCP_FIELDS } from "./samples_kcp.ts";
import type { Served } from "./served.ts";

/** An object as a request has it. */
export interface Sample {
  metadata?: {
    name?: string;
    namespace?: string;
    generateName?: string;
    labels?: Record<string, string>;
  };
  [field: string]: unknown;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const pod = { containers: [{ name: "c", image: "example.org/c" }] };
const labels = { app: "sample" };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: pod };
const job = { template: { spec: { ...pod, restartPolicy: "Never" } } };
const time = "2026-01-01T00:00:00Z";
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "x" };
const matchConstraints = {
  resourceRules: [{
    apiGroups: ["isolation.test"],
    apiVersions: ["v1"],
    operations: ["CREATE"],
    resources: ["nothings"],
  }],
};
const jwk = { kty: "EC", crv: "P-256", x: "x", y: "y" };

/** What the kinds need beside a name; those that need nothing are not in it. */
const FIELDS: Record<string, Record<string, unknown>> = {
  ...KCP_FIELDS,
  secrets: { stringData: { password: "sample" } },
  configmaps: { data: { value: "sample" } },
  events: { reason: "Sample", message: "sample", type: "Normal" },
  limitranges: { spec: { limits: [] } },
  pods: { spec: pod },
  podtemplates: { template },
  replicationcontrollers: { spec: { replicas: 0, selector: labels, template } },
  services: { spec: { ports: [{ port: 80 }], selector: labels } },
  persistentvolumeclaims: {
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    },
  },
  persistentvolumes: {
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
      hostPath: { path: "/tmp" },
    },
  },
  "controllerrevisions.apps": { revision: 1, data: { a: "b" } },
  "daemonsets.apps": { spec: { selector, template } },
  "deployments.apps": { spec: { replicas: 0, selector, template } },
  "replicasets.apps": { spec: { replicas: 0, selector, template } },
  "statefulsets.apps": {
    spec: { replicas: 0, selector, template, serviceName: "sample" },
  },
  "horizontalpodautoscalers.autoscaling": {
    spec: { scaleTargetRef, maxReplicas: 1 },
  },
  "cronjobs.batch": {
    spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: job } },
  },
  "jobs.batch": { spec: { ...job, suspend: true } },
  "ingresses.networking.k8s.io": {
    spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  },
  "ingressclasses.networking.k8s.io": { spec: { controller: "a.test/b" } },
  "networkpolicies.networking.k8s.io": { spec: { podSelector: {} } },
  "ipaddresses.networking.k8s.io": {
    spec: {
      parentRef: { resource: "services", namespace: "default", name: "none" },
    },
  },
  "servicecidrs.networking.k8s.io": { spec: { cidrs: ["10.99.0.0/24"] } },
  "poddisruptionbudgets.policy": { spec: { minAvailable: 1, selector } },
  "csinodes.storage.k8s.io": { spec: { drivers: [] } },
  "csidrivers.storage.k8s.io": { spec: {} },
  "csistoragecapacities.storage.k8s.io": { storageClassName: "sample" },
  "storageclasses.storage.k8s.io": { provisioner: "a.test/b" },
  "volumeattributesclasses.storage.k8s.io": {
    driverName: "a.test",
    parameters: { a: "b" },
  },
  "volumeattachments.storage.k8s.io": {
    spec: {
      attacher: "a.test",
      nodeName: "none",
      source: { persistentVolumeName: "none" },
    },
  },
  "endpointslices.discovery.k8s.io": { addressType: "IPv4", endpoints: [] },
  "runtimeclasses.node.k8s.io": { handler: "sample" },
  "priorityclasses.scheduling.k8s.io": { value: 1 },
  "deviceclasses.resource.k8s.io": { spec: {} },
  "devicetaintrules.resource.k8s.io": {
    spec: {
      deviceSelector: { driver: "a.test" },
      taint: { key: "a.test/b", effect: "NoSchedule" },
    },
  },
  "resourceclaims.resource.k8s.io": { spec: {} },
  "resourceclaimtemplates.resource.k8s.io": { spec: { spec: {} } },
  "resourceslices.resource.k8s.io": {
    spec: {
      driver: "a.test",
      nodeName: "none",
      pool: { name: "none", generation: 1, resourceSliceCount: 1 },
      devices: [],
    },
  },
  "flowschemas.flowcontrol.apiserver.k8s.io": {
    spec: { priorityLevelConfiguration: { name: "catch-all" } },
  },
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": {
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 1,
        limitResponse: { type: "Reject" },
      },
    },
  },
  "storageversionmigrations.storagemigration.k8s.io": {
    spec: { resource: { group: "isolation.test", resource: "nothings" } },
  },
  "validatingadmissionpolicies.admissionregistration.k8s.io": {
    spec: { matchConstraints, validations: [{ expression: "true" }] },
  },
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": {
    spec: { policyName: "none", validationActions: ["Audit"] },
  },
  "mutatingadmissionpolicies.admissionregistration.k8s.io": {
    spec: {
      matchConstraints,
      reinvocationPolicy: "Never",
      mutations: [{
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: "Object{}" },
      }],
    },
  },
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": {
    spec: { policyName: "none" },
  },
  "rolebindings.rbac.authorization.k8s.io": {
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Role",
      name: "sample",
    },
  },
  "clusterrolebindings.rbac.authorization.k8s.io": {
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: "cluster-admin",
    },
  },
  "enrollments.edge.faros.sh": {
    spec: {
      agent: "nobody",
      registration: "none",
      keys: { signing: jwk, agreement: jwk },
      joinProof: "none",
      proof: "none",
    },
  },
  "revisions.edge.faros.sh": { spec: { plugins: [] } },
  "networks.plugins.faros.sh": { spec: { type: "wireguard" } },
  "containerruntimes.plugins.faros.sh": { spec: { type: "docker" } },
  "monitorings.plugins.faros.sh": { spec: { type: "host" } },
  "plugins.plugins.faros.sh": {
    spec: {
      versions: [{
        version: "1.0.0",
        artifacts: [{
          url: "https://a.test/b",
          digest: `sha256:${"0".repeat(64)}`,
          signature: "none",
        }],
        provides: [{ kind: "Monitoring", type: "sample" }],
      }],
    },
  },
  "repositories.gitops.faros.sh": {
    spec: { url: "https://a.test/b.git", suspend: true },
  },
  "tokenreviews.authentication.k8s.io": { spec: { token: "none" } },
  "subjectaccessreviews.authorization.k8s.io": {
    spec: { user: "ann", nonResourceAttributes: { path: "/", verb: "get" } },
  },
  "selfsubjectaccessreviews.authorization.k8s.io": {
    spec: { nonResourceAttributes: { path: "/", verb: "get" } },
  },
  "selfsubjectrulesreviews.authorization.k8s.io": {
    spec: { namespace: "default" },
  },
  "certificatesigningrequests.certificates.k8s.io": {
    spec: {
      request: await certificateRequest(),
      signerName: "a.test/b",
      usages: ["client auth"],
    },
  },
  "clustertrustbundles.certificates.k8s.io": {
    spec: { trustBundle: await certificate() },
  },
};

/** Kinds whose fields depend on the name. */
const BY_NAME: Record<string, (name: string) => Sample> = {
  ...KCP_BY_NAME,
  "apiservices.apiregistration.k8s.io": (name) => ({
    metadata: { name: `v1.${name}.isolation.test` },
    spec: {
      group: `${name}.isolation.test`,
      version: "v1",
      groupPriorityMinimum: 1,
      versionPriority: 1,
    },
  }),
  "ipaddresses.networking.k8s.io": (name) => ({
    metadata: { name: name === "sample" ? "192.0.2.1" : "192.0.2.2" },
  }),
  "customresourcedefinitions.apiextensions.k8s.io": (name) => ({
    metadata: { name: `${plural(name)}.isolation.test` },
    spec: {
      group: "isolation.test",
      scope: "Namespaced",
      names: { plural: plural(name), kind: "Nothing" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object" } },
      }],
    },
  }),
};

/** Whether the server makes up names of such objects. */
export function mayGenerateName({ plural, group }: Served): boolean {
  return !Object.hasOwn(BY_NAME, `${plural}${group && `.${group}`}`);
}

/** What events of a namespace are about: something in it. */
function aboutNamespace(
  { group, plural }: Served,
  namespace: string,
): Record<string, unknown> {
  if (plural !== "events") return {};
  const object = { apiVersion: "v1", kind: "ConfigMap", name: "x", namespace };
  return group === "" ? { involvedObject: object } : {
    regarding: object,
    eventTime: `${time.slice(0, -1)}.000000Z`,
    action: "Sample",
    reportingController: "a.test/b",
    reportingInstance: "b",
    message: undefined,
    note: "sample",
  };
}

/** What may be asked in a namespace is about that namespace. */
function reviewIn({ plural }: Served, namespace: string) {
  return plural === "localsubjectaccessreviews"
    ? {
      spec: {
        user: "ann",
        resourceAttributes: { namespace, resource: "secrets", verb: "get" },
      },
    }
    : {};
}

/** An object of a kind, whole enough for the server to take it. */
export function sampleOf(
  served: Served,
  of: { name?: string; namespace?: string; marker: string },
): Sample {
  const { group, version, kind } = served;
  const { name, namespace = "default", marker } = of;
  const id = `${served.plural}${group && `.${group}`}`;
  const fields = FIELDS[served.plural === "events" ? "events" : id];
  const byName = BY_NAME[id]?.(name ?? "generated");
  const object = {
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    ...fields,
    ...byName,
    ...aboutNamespace(served, namespace),
    ...reviewIn(served, namespace),
  };
  // What cannot be read is a question, and has no name.
  if (!served.verbs.includes("get")) return object;
  return {
    ...object,
    metadata: {
      ...name === undefined ? { generateName: "new-" } : { name },
      ...byName?.metadata,
      ...served.namespaced ? { namespace } : {},
      labels: { marker },
    },
  };
}

/** What a subresource takes in a POST. */
export function requestOf(
  { subresource }: Served,
  { name, namespace }: { name: string; namespace?: string },
): Record<string, unknown> {
  const metadata = { name, namespace };
  switch (subresource) {
    case "token":
      return {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 3600 },
      };
    case "eviction":
      return { apiVersion: "policy/v1", kind: "Eviction", metadata };
    case "binding":
      return {
        apiVersion: "v1",
        kind: "Binding",
        metadata,
        target: { kind: "Node", name: "none" },
      };
    default:
      return {};
  }
}

function plural(name: string): string {
  return `${name.replaceAll(/[^a-z]/g, "")}nothings`;
}

async function keyPair(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** Of an administrator, as somebody would send it who wants to be one. */
async function certificateRequest(): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=system:admin, O=system:masters",
    keys: await keyPair(),
    signingAlgorithm: ALGORITHM,
  });
  return btoa(request.toString("pem"));
}

async function certificate(): Promise<string> {
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=sample",
    keys: await keyPair(),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return made.toString("pem");
}
