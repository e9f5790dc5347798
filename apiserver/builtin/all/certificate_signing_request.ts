/**
 * CertificateSigningRequest: who asked is recorded by the server, approval and
 * the certificate have subresources and permissions of their own. No signer
 * runs here.
 *
 * @module
 */
import { forbidden, invalid } from "../../errors.ts";
import { timestamp } from "../../registry/metadata.ts";
import { deepEqual } from "../../schema/deep_equal.ts";
import { forbiddenField, invalidValue } from "../../schema/field_error.ts";
import type { KubeObject, Strategy, StrategyContext } from "../../types.ts";
import {
  certificateErrors,
  type Condition,
  requestProblem,
} from "./certificate_validation.ts";

const GROUP = "certificates.k8s.io";
const OF = { group: GROUP, resource: "certificatesigningrequests" };
const KIND = { group: GROUP, kind: "CertificateSigningRequest" };

/** What CertificateSigningRequests do beyond their schema. */
export const certificateSigningRequest: Strategy = {
  prepareForCreate(request, { user }) {
    request.spec ??= {};
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } =
      request.spec;
    request.spec = {
      ...spec,
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: user.groups,
      ...(user.extra ? { extra: user.extra } : {}),
    };
    // Nobody makes a request that is approved already.
    request.status = {};
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec;
    request.status = old.status;
  },
  validate: certificateErrors,
  async admit(request, old, context) {
    if (!old) {
      const problem = await requestProblem(request.spec.request);
      if (problem) {
        throw invalid(KIND, request.metadata.name, [
          invalidValue("spec.request", request.spec.request, problem),
        ]);
      }
      return;
    }
    if (context.info.subresource !== "status") return;
    refuseDecisions(request, old);
    stampConditions(request, old, context);
    const { certificate } = request.status ?? {};
    const signs = certificate !== old.status?.certificate ||
      failedAdded(request, old);
    if (signs) await requireSigner("sign", old, context);
  },
  fields: ({ spec }) => ({ "spec.signerName": spec?.signerName ?? "" }),
  subresources: {
    approval: {
      kind: "CertificateSigningRequest",
      verbs: ["get", "patch", "update"],
      stores: true,
      async handle(verb, parent, body, context) {
        if (verb === "get") return parent;
        await requireSigner("approve", parent, context);
        const next = {
          ...parent,
          metadata: {
            ...parent.metadata,
            labels: body?.metadata?.labels ?? {},
            annotations: body?.metadata?.annotations ?? {},
            resourceVersion: parent.metadata.resourceVersion,
          },
          status: {
            ...parent.status,
            conditions: body?.status?.conditions ?? [],
          },
        };
        stampConditions(next, parent, context);
        return next;
      },
    },
  },
};

/** Refuses who may not `verb` for the signer of a request: by its name, or its whole domain. */
async function requireSigner(
  verb: "approve" | "sign",
  { metadata, spec }: KubeObject,
  { authorize, user }: StrategyContext,
): Promise<void> {
  const { signerName } = spec;
  const domain = String(signerName).split("/")[0];
  for (const name of [signerName, `${domain}/*`]) {
    const { allowed } = await authorize({
      user,
      verb,
      group: GROUP,
      version: "*",
      resource: "signers",
      name,
    });
    if (allowed) return;
  }
  throw forbidden(
    OF,
    metadata.name,
    `user not permitted to ${verb} requests with signerName ${
      JSON.stringify(signerName)
    }`,
  );
}

function conditionsOf(request: KubeObject): Condition[] {
  return request.status?.conditions ?? [];
}

/** `/status` is for signers: who approves and denies goes through `/approval`. */
function refuseDecisions(request: KubeObject, old: KubeObject): void {
  for (const type of ["Approved", "Denied"]) {
    const has = (of: KubeObject) =>
      conditionsOf(of).some((condition) => condition.type === type);
    if (!has(request) || has(old)) continue;
    throw invalid(KIND, old.metadata.name, [
      forbiddenField(
        "status.conditions",
        `updates may not add a condition of type "${type}"`,
      ),
    ]);
  }
}

function failedAdded(request: KubeObject, old: KubeObject): boolean {
  const failed = (of: KubeObject) =>
    conditionsOf(of).filter(({ type }) => type === "Failed");
  return !deepEqual(failed(request), failed(old));
}

/** Fills in when conditions were set and changed. */
function stampConditions(
  request: KubeObject,
  old: KubeObject,
  context: StrategyContext,
): void {
  const now = timestamp(context.now());
  for (const condition of conditionsOf(request)) {
    condition.lastUpdateTime ||= now;
    condition.lastTransitionTime ||= conditionsOf(old).find((was) =>
      was.type === condition.type && was.status === condition.status
    )?.lastTransitionTime || now;
  }
}
