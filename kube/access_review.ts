import type { RestClient } from "./contract.ts";
import { requestJson } from "./request_json.ts";

/** A question to the authorizer. */
export interface AccessReview {
  /** @default the client's own identity */
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
  verb: string;
  /** A path such as `/metrics`, instead of a resource. */
  nonResourcePath?: string;
  group?: string;
  version?: string;
  /** Plural. */
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** What the authorizer says. */
export interface AccessAnswer {
  allowed: boolean;
  reason?: string;
}

/** Asks the server whether somebody (or the client itself) may. */
export async function accessReview(
  rest: RestClient,
  options: { question: AccessReview; signal?: AbortSignal },
): Promise<AccessAnswer> {
  const { user, groups, uid, extra, ...asked } = options.question;
  const others = user !== undefined || groups !== undefined;
  const kind = others ? "SubjectAccessReview" : "SelfSubjectAccessReview";
  const attributes = attributesOf(asked);
  const answer = await requestJson<{ status?: Partial<AccessAnswer> }>(rest, {
    method: "POST",
    path: `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind,
      spec: others ? { user, groups, uid, extra, ...attributes } : attributes,
    },
    signal: options.signal,
  });
  return {
    allowed: !!answer.status?.allowed,
    reason: answer.status?.reason || undefined,
  };
}

function attributesOf(question: AccessReview) {
  const { verb, nonResourcePath: path } = question;
  if (path !== undefined) return { nonResourceAttributes: { path, verb } };
  const { group, version, resource, subresource, namespace, name } = question;
  return {
    resourceAttributes: {
      verb,
      group,
      version,
      resource,
      subresource,
      namespace,
      name,
    },
  };
}
