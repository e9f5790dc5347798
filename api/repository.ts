import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions, Duration } from "./meta.ts";
import {
  RepositoryForge,
  RepositoryNotification,
  RepositoryWebhook,
} from "./repository_forge.ts";

/** Where something went wrong in a repository. */
export const SourceError = z.strictObject({
  message: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
});

const REFS = ["branch", "tag", "semver", "name", "commit"] as const;
const ONE_REF = `exactly one of ${REFS.join(", ")} has to be set`;

/** What of a Git repository is followed. */
export const RepositoryRef = z.strictObject({
  branch: z.string().min(1).optional().describe("A branch"),
  tag: z.string().min(1).optional().describe(
    "A tag; where it moves, its new commit is applied",
  ),
  semver: z.string().min(1).optional().describe(
    "A range of versions, such as `^1.2.0`: of the tags that are versions, with or without a `v`, the highest in it; pre-releases only where the range names one of the same version",
  ),
  name: z.string().min(1).optional().describe(
    "A ref by its full name, such as `refs/pull/1/head`, or `HEAD`, the default branch",
  ),
  commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/).optional()
    .describe("A commit by its whole hash"),
}).refine(
  (ref) => REFS.filter((key) => ref[key] !== undefined).length === 1,
  { error: ONE_REF },
).meta({
  "x-kubernetes-validations": [{
    rule: `[${
      REFS.map((key) => `has(self.${key})`).join(", ")
    }].filter(x, x).size() == 1`,
    message: ONE_REF,
  }],
});

/** What becomes of a difference between an object and its manifest. */
const Drift = z.enum(["correct", "report", "ignore"]);

/** Removals that wait for somebody's approval. */
export const PendingPrune = z.strictObject({
  workspace: z.string().optional().describe(
    "Whose objects they are; none for those of `root/`",
  ),
  token: z.string().describe(
    "Stands for exactly these removals; what `kubectl faros repository approve` approves",
  ),
  reason: z.string().describe("Why they wait"),
  objects: z.int().describe("How many objects would go"),
  kinds: z.array(z.strictObject({
    kind: z.string(),
    count: z.int(),
    names: z.array(z.string()).describe("The first of them"),
  })).meta({ "x-kubernetes-list-type": "atomic" }),
});

/** A Git repository that the hub syncs. */
export const Repository = defineKind({
  group: "gitops.faros.sh",
  kind: "Repository",
  plural: "repositories",
  namespaced: false,
  shortNames: ["frepo"],
  description: "A Git repository of workspaces that the hub keeps applied",
  spec: z.strictObject({
    url: z.string().min(1).describe(
      "https://, ssh:// or file:// URL, host:path as git takes it, or an absolute path; without credentials",
    ),
    ref: RepositoryRef.optional().describe(
      "What to follow; branch main when left out",
    ),
    path: z.string().optional().describe(
      "Folder of the repository to take as its top",
    ),
    interval: Duration.default("1m").describe(
      "How often to look for commits, up to a twentieth sooner or later; failures are tried again after seconds at first, and after 15m at last",
    ),
    timeout: Duration.default("60s").describe(
      "Longest time of one operation of git's: asking for refs, fetching",
    ),
    secretRef: z.strictObject({ name: z.string() }).optional().describe(
      "Secret in namespace faros-system. For https: `username` and `password`, or `bearerToken`, or `githubAppID`, `githubAppPrivateKey` and `githubAppInstallationID` or `githubAppInstallationOwner` (and `githubAppBaseURL` of an Enterprise Server); `ca.crt` of a private CA; `tls.crt` and `tls.key` of a client certificate. For ssh: `identity` (a private key; `password` where it is encrypted) and `known_hosts`",
    ),
    proxySecretRef: z.strictObject({ name: z.string() }).optional().describe(
      "Secret in namespace faros-system with the `address` of a proxy for https (`http://`, `https://` or `socks5://`), and `username` and `password` where it asks for them",
    ),
    verify: z.strictObject({
      mode: z.enum(["HEAD", "Tag", "TagAndHEAD"]).default("HEAD").describe(
        "What has to be signed: the commit, the tag it is found by, or both",
      ),
      secretRef: z.strictObject({ name: z.string() }).describe(
        "Secret in namespace faros-system with the public keys whose signatures count: OpenPGP keys (armored), SSH keys, or `allowed_signers`",
      ),
    }).optional().describe(
      "Nothing is applied but what one of these keys signed",
    ),
    decryption: z.strictObject({
      secretRef: z.strictObject({ name: z.string() }).describe(
        "Secret in namespace faros-system: private keys of age under names that end in `.agekey`, of PGP under such that end in `.asc`. One under `workspaces.NAME.agekey` (or `root.agekey`) serves that folder alone",
      ),
    }).optional().describe(
      "How files that SOPS encrypted are decrypted; without it they are refused",
    ),
    substitute: z.strictObject({
      variables: z.record(
        z.string().regex(
          /^[A-Za-z_][A-Za-z0-9_]*$/,
          "must be a name of letters, digits and '_'",
        ),
        z.string(),
      ).optional().describe("Values by name; they win over those of `from`"),
      from: z.array(z.strictObject({
        kind: z.enum(["ConfigMap", "Secret"]),
        name: z.string(),
        optional: z.boolean().optional().describe(
          "Go on where there is none of that name",
        ),
      })).optional().describe(
        "Objects in namespace faros-system whose entries are variables; a later one wins. Values of Secrets are never shown",
      ).meta({ "x-kubernetes-list-type": "atomic" }),
    }).optional().describe(
      "What `${name}` stands for in the values of manifests; without it, it is text",
    ),
    prune: z.boolean().default(true).describe(
      "Delete objects that left the repository",
    ),
    pruneGuard: z.strictObject({
      percent: z.int().min(0).max(100).default(10).describe(
        "Share of a workspace's objects that may go, and of its Agents; 100 lets any number go, though never all",
      ),
      agents: z.int().min(0).default(20).describe(
        "Number of Agents, or of objects, that may go whatever their share",
      ),
    }).optional().describe(
      "What a commit may remove of a workspace without approval: the greater of the two. All of its objects, or a Workspace with content, always wait",
    ),
    tombstone: Duration.default("24h").describe(
      "How long an Agent that left the repository is suspended before it is deleted; its device keeps what it runs, and comes back with the manifest. 0s deletes at once",
    ),
    deletionPolicy: z.enum(["Orphan", "Delete"]).default("Orphan").describe(
      "What becomes of all that is applied when this Repository is deleted. Delete waits for approval first; a suspended Repository deletes nothing",
    ),
    drift: Drift.default("correct").describe(
      "What becomes of changes behind the repository's back: put back, told in status.drift, or left. The next commit that changes an object always applies the whole of it",
    ),
    driftRules: z.array(z.strictObject({
      target: z.strictObject({
        group: z.string().optional(),
        kind: z.string().optional(),
        name: z.string().min(1).optional().describe(
          "Its name, in which * stands for any characters",
        ),
        workspace: z.string().optional(),
      }).default({}).describe("Which objects; all when left out"),
      paths: z.array(
        z.string().regex(
          /^(\/([^~/]|~[01])+)+$/,
          "must be a JSON pointer such as /spec/paused",
        ),
      ).min(1).optional().describe(
        "JSON pointers (RFC 6901) to fields, in which * stands for any key or item; the whole object when left out",
      ),
      drift: Drift,
    })).max(100).optional().describe(
      "Other rules for some objects or fields; the last that matches counts. A field that is ignored is set when its object is created, and left to others from then on",
    ).meta({ "x-kubernetes-list-type": "atomic" }),
    suspend: z.boolean().optional().describe(
      "While true nothing is fetched, applied or corrected",
    ),
    webhooks: z.array(RepositoryWebhook).max(10).optional().describe(
      "Webhooks at `/webhooks/repositories/NAME` of the hub; each only makes the hub look for commits",
    ),
    forge: RepositoryForge.optional().describe(
      "The forge that is told what became of commits",
    ),
    notifications: z.array(RepositoryNotification).max(10).optional().describe(
      "Who is told of this Repository's Events",
    ),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    observedCommit: z.string().optional().describe("Newest commit fetched"),
    observedRef: z.string().optional().describe(
      "Ref that it was found by, such as the tag in the range of spec.ref.semver",
    ),
    appliedCommit: z.string().optional().describe(
      "Newest commit of which everything is applied",
    ),
    lastFetchTime: z.iso.datetime().optional(),
    lastAppliedTime: z.iso.datetime().optional(),
    lastHandledReconcileAt: z.string().optional().describe(
      "Value of the annotation `reconcile.faros.sh/requestedAt` that was followed last",
    ),
    objects: z.strictObject({
      total: z.int(),
      created: z.int().optional(),
      updated: z.int().optional(),
      deleted: z.int().optional(),
      unchanged: z.int().optional(),
      suspended: z.int().optional().describe(
        "Left the repository, and are deleted when their tombstone ends",
      ),
    }).optional().describe("Objects of the last sync"),
    pendingPrunes: z.array(PendingPrune).optional().describe(
      "What is not deleted until somebody approves it: at most 100, the condition tells how many there are",
    ).meta({ "x-kubernetes-list-type": "atomic" }),
    drift: z.strictObject({
      objects: z.int().describe("How many objects differ"),
      first: z.array(z.strictObject({
        workspace: z.string().optional(),
        kind: z.string(),
        name: z.string(),
        fields: z.array(z.string()),
      })).describe("At most 20 of them").meta({
        "x-kubernetes-list-type": "atomic",
      }),
    }).optional().describe(
      "Differences that are reported, not put back",
    ),
    workspaceCounts: z.strictObject({
      total: z.int(),
      applied: z.int().describe("Have the observed commit"),
      failed: z.int(),
      waiting: z.int().describe("Wait for approval of what would be deleted"),
    }).optional(),
    workspaces: z.array(z.strictObject({
      name: z.string(),
      commit: z.string().optional().describe("Commit that is applied here"),
      objects: z.int().optional(),
      error: SourceError.optional(),
    })).optional().describe(
      "Each workspace folder; of more than 1,000 those that failed or wait, then the first",
    ).meta({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    }),
    devices: z.strictObject({
      total: z.int(),
      converged: z.int().describe("Run what the applied commit asks of them"),
      offline: z.int(),
    }).optional(),
    lastError: SourceError.optional(),
    warnings: z.array(SourceError).optional().describe(
      "What is applied all the same, and somebody should look at: the first ten",
    ).meta({ "x-kubernetes-list-type": "atomic" }),
    forge: z.strictObject({
      commit: z.string(),
      state: z.enum(["pending", "success", "failure", "cancelled"]),
      description: z.string(),
      time: z.iso.datetime(),
    }).optional().describe("Commit status that was set last"),
    pullRequests: z.array(z.strictObject({
      number: z.int(),
      head: z.string().describe("Commit that was planned"),
      base: z.string().describe("Commit that it was compared with"),
      state: z.enum(["pending", "success", "failure"]),
      summary: z.string(),
      attempts: z.int().optional().describe(
        "How often it was begun without coming to an end",
      ),
      comment: z.string().optional().describe("Id of the comment"),
    })).optional().describe("Open pull requests that were planned").meta({
      "x-kubernetes-list-type": "atomic",
    }),
    conditions: Conditions.optional(),
  }),
  columns: [
    { name: "URL", type: "string", jsonPath: ".spec.url" },
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    },
    {
      name: "Applied",
      type: "string",
      jsonPath: ".status.appliedCommit",
    },
    {
      name: "Converged",
      type: "integer",
      jsonPath: ".status.devices.converged",
    },
    { name: "Devices", type: "integer", jsonPath: ".status.devices.total" },
    {
      name: "Message",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});
/** A Repository object. */
export type Repository = InferObject<typeof Repository>;
