/**
 * Questions that clients ask by creating an object: who is this token, who am
 * I, may I do this, what may I do.
 *
 * @module
 */
import { userInfo } from "../authentication/mod.ts";
import type { PolicyRule } from "../authorization/mod.ts";
import { badRequest, invalid } from "../errors.ts";
import { timestamp } from "../registry/metadata.ts";
import { invalidValue } from "../schema/field_error.ts";
import type {
  AuthorizationAttributes,
  FieldError,
  JsonObject,
  KubeObject,
  ResourceDefinition,
  StrategyContext,
  User,
} from "../types.ts";
import { type BuiltinDeps, defineReview } from "./define.ts";
import { ignoredSelectors, reviewSelectorErrors } from "./review_selectors.ts";

const AUTHENTICATION = "authentication.k8s.io";
const AUTHORIZATION = "authorization.k8s.io";

/** What an access review's `spec` asks about. */
function attributesOf(spec: KubeObject, user: User): AuthorizationAttributes {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  if (!resource) {
    return { user, verb: other?.verb ?? "", path: other?.path ?? "" };
  }
  return {
    user,
    verb: resource.verb ?? "",
    group: resource.group ?? "",
    version: resource.version ?? "",
    resource: resource.resource ?? "",
    subresource: resource.subresource ?? "",
    namespace: resource.namespace ?? "",
    name: resource.name ?? "",
  };
}

function userOf(spec: KubeObject): User {
  return {
    name: spec.user ?? "",
    ...(spec.uid ? { uid: spec.uid } : {}),
    groups: spec.groups ?? [],
    ...(spec.extra ? { extra: spec.extra } : {}),
  };
}

/** kube-apiserver names the group of a review in errors, and no kind. */
function refuse(errors: FieldError[]): void {
  if (errors.length === 0) return;
  throw invalid({ group: AUTHORIZATION, kind: "" }, "", errors);
}

/** Attributes as errors show them: with the names of Go's fields. */
function shown(
  attributes: { path?: string; verb?: string } | undefined,
): JsonObject | null {
  if (!attributes) return null;
  return { Path: attributes.path ?? "", Verb: attributes.verb ?? "" };
}

function selectorErrors(spec: KubeObject): FieldError[] {
  return reviewSelectorErrors(spec.resourceAttributes ?? {});
}

function targetErrors(spec: KubeObject): FieldError[] {
  const one = !!spec.resourceAttributes !== !!spec.nonResourceAttributes;
  return one ? [] : [
    invalidValue(
      "spec",
      shown(spec.nonResourceAttributes),
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    ),
  ];
}

function userErrors(spec: KubeObject): FieldError[] {
  return spec.user || spec.groups?.length ? [] : [
    invalidValue(
      "spec.user",
      spec.user ?? "",
      "at least one of user or group must be specified",
    ),
  ];
}

async function access(
  review: KubeObject,
  { user, context }: { user: User; context: StrategyContext },
): Promise<KubeObject> {
  const { spec } = review;
  const { allowed, reason } = await context.authorize(attributesOf(spec, user));
  const evaluationError = ignoredSelectors(spec.resourceAttributes ?? {});
  return {
    ...review,
    status: {
      allowed,
      ...(allowed && reason ? { reason } : {}),
      ...(evaluationError ? { evaluationError } : {}),
    },
  };
}

/** The rules of `user`, as SelfSubjectRulesReview lists them. */
function rules(all: PolicyRule[]): JsonObject {
  const resource = all.filter((rule) => rule.resources?.length);
  const other = all.filter((rule) => rule.nonResourceURLs?.length);
  return {
    resourceRules: resource.map((rule) => ({
      verbs: rule.verbs,
      apiGroups: rule.apiGroups ?? [],
      resources: rule.resources ?? [],
      ...(rule.resourceNames?.length
        ? { resourceNames: rule.resourceNames }
        : {}),
    })),
    nonResourceRules: other.map((rule) => ({
      verbs: rule.verbs,
      nonResourceURLs: rule.nonResourceURLs ?? [],
    })),
    incomplete: false,
  };
}

/** The definitions of authentication.k8s.io and authorization.k8s.io. */
export function reviews(
  { authentication, authorizer }: BuiltinDeps,
): ResourceDefinition[] {
  return [
    defineReview({
      group: AUTHENTICATION,
      resource: "tokenreviews",
      kind: "TokenReview",
      schema: "io.k8s.api.authentication.v1.TokenReview",
      strategy: {
        async answer(review) {
          const { token, audiences } = review.spec ?? {};
          if (!token) {
            throw badRequest(
              "token is required for TokenReview in authentication",
            );
          }
          const asked = audiences?.length ? audiences : undefined;
          const status = await authentication.review(token, asked);
          return { ...review, status };
        },
      },
    }),
    defineReview({
      group: AUTHENTICATION,
      resource: "selfsubjectreviews",
      kind: "SelfSubjectReview",
      schema: "io.k8s.api.authentication.v1.SelfSubjectReview",
      strategy: {
        answer: (review, { user, now }) => ({
          ...review,
          metadata: {
            ...review.metadata,
            creationTimestamp: timestamp(now()),
          },
          status: { userInfo: userInfo(user) },
        }),
      },
    }),
    defineReview({
      group: AUTHORIZATION,
      resource: "subjectaccessreviews",
      kind: "SubjectAccessReview",
      schema: "io.k8s.api.authorization.v1.SubjectAccessReview",
      strategy: {
        answer(review, context) {
          const spec = review.spec ?? {};
          refuse([
            ...targetErrors(spec),
            ...userErrors(spec),
            ...selectorErrors(spec),
          ]);
          return access(review, { user: userOf(spec), context });
        },
      },
    }),
    defineReview({
      group: AUTHORIZATION,
      resource: "localsubjectaccessreviews",
      kind: "LocalSubjectAccessReview",
      namespaced: true,
      schema: "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
      strategy: {
        answer(review, context) {
          const spec = review.spec ?? {};
          const { namespace } = context.info;
          refuse([
            ...targetErrors(spec),
            ...userErrors(spec),
            ...selectorErrors(spec),
          ]);
          if (spec.nonResourceAttributes) {
            refuse([
              invalidValue(
                "spec.nonResourceAttributes",
                shown(spec.nonResourceAttributes),
                "disallowed on this kind of request",
              ),
            ]);
          }
          if (spec.resourceAttributes.namespace !== namespace) {
            refuse([
              invalidValue(
                "spec.resourceAttributes.namespace",
                spec.resourceAttributes.namespace ?? "",
                "must match metadata.namespace",
              ),
            ]);
          }
          return access(review, { user: userOf(spec), context });
        },
      },
    }),
    defineReview({
      group: AUTHORIZATION,
      resource: "selfsubjectaccessreviews",
      kind: "SelfSubjectAccessReview",
      schema: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
      strategy: {
        answer(review, context) {
          const spec = review.spec ?? {};
          refuse([...targetErrors(spec), ...selectorErrors(spec)]);
          return access(review, { user: context.user, context });
        },
      },
    }),
    defineReview({
      group: AUTHORIZATION,
      resource: "selfsubjectrulesreviews",
      kind: "SelfSubjectRulesReview",
      schema: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
      strategy: {
        answer(review, { user }) {
          const namespace: string = review.spec?.namespace ?? "";
          if (!namespace) throw badRequest("no namespace on request");
          const held = authorizer.rulesFor(user, namespace);
          return { ...review, spec: {}, status: rules(held) };
        },
      },
    }),
  ];
}
