import { Role, RoleBinding, Secret, ServiceAccount } from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import { KUBECONFIG_EXTENSION } from "../../api/names.ts";
import { Registration } from "../../api/registration.ts";
import { Workspace } from "../../api/workspace.ts";
import { isTrue } from "../../kube/conditions.ts";
import { keyOf, type Result, runController } from "../../kube/reconciler.ts";
import { parseDuration } from "../../gitops/repository/duration.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import {
  JOIN_SECRET_TYPE,
  joinSecretData,
  joinTokens,
  renewalTime,
} from "./join_secret.ts";
import { keysSource } from "./keys_source.ts";
import {
  applyManaged,
  childName,
  managedInformer,
  ownersOf,
  removeManaged,
} from "./managed.ts";
import { writeStatus } from "./status.ts";

/** Life of a join token where the Registration has no end, in milliseconds. */
const DEFAULT_LIFE = 365 * 24 * 3_600_000;
/** TokenRequest gives none that is shorter, in milliseconds. */
const SHORTEST_LIFE = 600_000;

/** TokenRequest gives none that is longer, in milliseconds: 136 years. */
const LONGEST_LIFE = 2 ** 32 * 1000;
/** The latest time that there is, in milliseconds since 1970 (ECMA-262). */
const LATEST = 8.64e15;

/** Makes a join credential for each Registration, and ends it with the Registration's time. */
export function runRegistrationController(context: HubContext): Promise<void> {
  const informer = context.informers.get<Registration>(Registration);
  const workspaces = context.informers.get<Workspace>(Workspace);
  const enrollments = context.informers.get<Enrollment>(Enrollment);
  const owned = ownersOf("Registration");
  return runController({
    ...context,
    name: "registration",
    concurrency: 4,
    reconcile: async ({ namespace, name }) => {
      const registration = informer.get(namespace, name);
      if (!registration || registration.metadata.deletionTimestamp) return;
      // The Workspace's own event brings us back.
      if (!readyWorkspace(context, registration)) return;
      return await reconcile(context, registration);
    },
    sources: [
      { informer },
      {
        informer: workspaces,
        keys: ({ metadata }) => informer.list(metadata.name).map(keyOf),
        filter: ({ object, old }) =>
          object.status?.phase !== old?.status?.phase,
      },
      {
        informer: enrollments,
        keys: ({ metadata, spec }) => [
          { namespace: metadata.namespace, name: spec.registration },
        ],
        filter: ({ type, object, old }) =>
          type === "deleted" ||
          isEnrolled(object) !== (!!old && isEnrolled(old)),
      },
      ...[ServiceAccount, Role, RoleBinding, Secret].map((resource) => ({
        informer: managedInformer(context, resource),
        keys: owned,
      })),
      // What devices are to know the hub by is in the Secret.
      keysSource(context.keys, informer),
    ],
  });
}

function isEnrolled({ status }: Enrollment): boolean {
  return isTrue(status?.conditions, "Ready");
}

/** When a Registration ends, in milliseconds since 1970; undefined where it does not. */
export function registrationEnd(
  registration: Registration,
): number | undefined {
  const { ttl } = registration.spec ?? {};
  if (ttl === undefined) return undefined;
  const end = Date.parse(registration.metadata.creationTimestamp!) +
    parseDuration(ttl);
  return end > LATEST ? undefined : end;
}

async function reconcile(
  context: HubContext,
  registration: Registration,
): Promise<Result> {
  const { clock } = context;
  const { namespace, name } = registration.metadata;
  const end = registrationEnd(registration);
  const agents = context.informers.get<Enrollment>(Enrollment).list(namespace)
    // One whose Agent was deleted keeps its uid, but is no device of it.
    .filter((e) => e.spec.registration === name && isEnrolled(e)).length;
  const account = await childName("join-", name);
  if (end !== undefined && end <= clock.now()) {
    for (const resource of [RoleBinding, Role, Secret, ServiceAccount]) {
      await removeManaged(context, resource, { namespace, name: account });
    }
    await writeStatus(context, Registration, registration, {
      outcome: {
        state: "stalled",
        reason: "Expired",
        message: `Its ttl of ${registration.spec.ttl} ended at ${
          new Date(end).toISOString()
        }; devices that have enrolled stay. Make a new Registration for more`,
      },
      fields: { agents },
    });
    return;
  }
  await applyJoinRole(context, registration, account);
  const renewal = await ensureJoinSecret(context, registration, {
    account,
    end,
  });
  const expires = end === undefined
    ? "has no end"
    : `ends at ${new Date(end).toISOString()}`;
  await writeStatus(context, Registration, registration, {
    outcome: {
      state: "ready",
      reason: "Ready",
      message: `Devices can enrol with Secret ${account}; it ${expires}`,
    },
    fields: { secretRef: { name: account }, agents },
  });
  const next = Math.min(renewal, end ?? Infinity);
  return { requeueAfter: Math.max(next - clock.now(), 1000) };
}

/** May create Enrollments and get them by name; never list them. */
async function applyJoinRole(
  context: HubContext,
  registration: Registration,
  name: string,
): Promise<void> {
  const { namespace } = registration.metadata;
  const common = { owner: registration, namespace, name };
  await applyManaged(context, ServiceAccount, common);
  await applyManaged(context, Role, {
    ...common,
    fields: {
      rules: [{
        apiGroups: [Enrollment.group],
        resources: [Enrollment.plural],
        verbs: ["create", "get"],
      }],
    },
  });
  await applyManaged(context, RoleBinding, {
    ...common,
    fields: {
      roleRef: { apiGroup: Role.group, kind: Role.kind, name },
      subjects: [{ kind: ServiceAccount.kind, name, namespace }],
    },
  });
}

/** @returns when the token is to be renewed */
async function ensureJoinSecret(
  context: HubContext,
  registration: Registration,
  { account, end }: { account: string; end?: number },
): Promise<number> {
  const { client, clock, provider, signal } = context;
  const { namespace, name } = registration.metadata;
  const now = clock.now();
  const wanted = { owner: registration, namespace, name: account };
  const live = managedInformer<SecretObject>(context, Secret)
    .get(namespace, account);
  const write = (token: string, previous: string[]) =>
    applyManaged<SecretObject>(context, Secret, {
      ...wanted,
      fields: {
        type: JOIN_SECRET_TYPE,
        data: joinSecretData({
          token,
          previous,
          ...provider.endpoint(namespace!),
          caData: context.engine.caData,
          extension: {
            name: KUBECONFIG_EXTENSION,
            extension: {
              registration: name,
              workspace: namespace,
              hubKeys: context.keys.keys().map(({ key }) => key),
            },
          },
        }),
      },
    });
  const due = live && renewalTime(live);
  if (live && due !== undefined && due > now) {
    // Sent only where an address, the CA or a key of the hub has changed.
    const [token, ...previous] = joinTokens(live, now);
    await write(token!, previous);
    return due;
  }
  // First the Secret, since the token is bound to it and ends with it.
  const secret = await applyManaged<SecretObject>(context, Secret, {
    ...wanted,
    fields: {
      type: JOIN_SECRET_TYPE,
      ...(live?.data ? { data: live.data } : {}),
    },
  });
  const life = Math.min(
    Math.max(SHORTEST_LIFE, (end ?? now + DEFAULT_LIFE) - now),
    LONGEST_LIFE,
  );
  const { token } = await client.createToken(namespace!, account, {
    expirationSeconds: Math.ceil(life / 1000),
    boundObjectRef: {
      apiVersion: "v1",
      kind: "Secret",
      name: account,
      uid: secret.metadata.uid,
    },
    signal,
  });
  // What devices hold already serves until it expires by itself.
  const renewed = await write(token, joinTokens(secret, now));
  return renewalTime(renewed) ?? now + SHORTEST_LIFE;
}
