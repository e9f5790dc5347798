/**
 * ServiceAccount and its subresource `token`.
 *
 * @module
 */
import { badRequest, conflict, invalid, notFound } from "../errors.ts";
import { invalidValue } from "../schema/field_error.ts";
import { timestamp } from "../registry/metadata.ts";
import { builtinSchema } from "./schemas.ts";
import type {
  FieldError,
  KubeObject,
  Reader,
  RequestInfo,
  ResourceDefinition,
  SubresourceHandler,
} from "../types.ts";
import { age, NAME } from "./columns.ts";
import { type BuiltinDeps, type ColumnContext, define } from "./define.ts";

const HOUR = 3600;
const TEN_MINUTES = 600;
const TOKEN_REQUEST = { group: "authentication.k8s.io", kind: "TokenRequest" };
const API_VERSION = `${TOKEN_REQUEST.group}/v1`;

/** TokenRequest: a token for a while, that dies with the account or the Secret it is bound to. */
function tokenRequest({ authentication }: BuiltinDeps): SubresourceHandler {
  return {
    ...TOKEN_REQUEST,
    version: "v1",
    verbs: ["create"],
    schema: builtinSchema("io.k8s.api.authentication.v1.TokenRequest"),
    check: checkTarget,
    async handle(_verb, account, body, context) {
      const spec = body?.spec ?? {};
      const seconds = spec.expirationSeconds ?? HOUR;
      const errors = expirationErrors(seconds);
      if (errors.length > 0) throw invalid(TOKEN_REQUEST, "", errors);
      const { name, namespace = "", uid } = account.metadata;
      const audiences: string[] = spec.audiences?.length
        ? spec.audiences
        : authentication.audiences;
      const { token, expires } = await authentication.tokens.issue({
        namespace,
        account: { name, uid },
        secret: boundSecret(spec.boundObjectRef, namespace, context.reader),
        audiences,
        seconds,
      });
      return {
        apiVersion: API_VERSION,
        kind: TOKEN_REQUEST.kind,
        // Nothing of it is stored, so it has no version.
        metadata: {
          name,
          namespace,
          uid,
          creationTimestamp: timestamp(context.now()),
        } as KubeObject["metadata"],
        spec: {
          audiences,
          expirationSeconds: seconds,
          boundObjectRef: spec.boundObjectRef ?? null,
        },
        status: { token, expirationTimestamp: timestamp(expires) },
      };
    },
  };
}

/** A request may say whom it is for, and then says what its path says. */
function checkTarget(
  { apiVersion, kind, metadata }: KubeObject,
  { namespace, name }: RequestInfo,
): void {
  if (kind !== TOKEN_REQUEST.kind || apiVersion !== API_VERSION) {
    throw badRequest(
      `${kind} of ${apiVersion} cannot be handled as a ${TOKEN_REQUEST.kind} of ${API_VERSION}`,
    );
  }
  if (metadata?.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  if (metadata?.name && metadata.name !== name) {
    const why = "must match the service account name if specified";
    throw invalid(TOKEN_REQUEST, name, [
      invalidValue("metadata.name", metadata.name, why),
    ]);
  }
}

function expirationErrors(seconds: number): FieldError[] {
  const why = seconds < TEN_MINUTES
    ? "may not specify a duration less than 10 minutes"
    : seconds > 2 ** 32
    ? "may not specify a duration larger than 2^32 seconds"
    : undefined;
  return why ? [invalidValue("spec.expirationSeconds", seconds, why)] : [];
}

function boundSecret(
  wanted:
    | { kind?: string; apiVersion?: string; name: string; uid?: string }
    | undefined,
  namespace: string,
  reader: Reader,
): { name: string; uid: string } | undefined {
  if (!wanted) return undefined;
  if (wanted.kind !== "Secret" || wanted.apiVersion !== "v1") {
    const [group, version] = wanted.apiVersion?.includes("/")
      ? wanted.apiVersion.split("/")
      : ["", wanted.apiVersion ?? ""];
    throw badRequest(
      `cannot bind token to object of type ${group}/${version}, Kind=${
        wanted.kind ?? ""
      }`,
    );
  }
  if (!wanted.name) throw badRequest("Name parameter required.");
  const of = { group: "", resource: "secrets" };
  const secret: KubeObject | undefined = reader.get({
    ...of,
    namespace,
    name: wanted.name,
  });
  if (!secret) throw notFound(of, wanted.name);
  const { uid } = secret.metadata;
  if (wanted.uid && wanted.uid !== uid) {
    throw conflict(
      { group: "", resource: "Secret" },
      wanted.name,
      `the UID in the bound object reference (${wanted.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { name: wanted.name, uid };
}

/** Of the Secrets that an account refers to only the names are kept. */
function keepNames(account: KubeObject): void {
  account.secrets = account.secrets?.map(({ name }: { name?: string }) =>
    name === undefined ? {} : { name }
  );
  if (account.secrets === undefined) delete account.secrets;
}

/** The definition of ServiceAccount. */
export function serviceAccount(
  deps: BuiltinDeps,
  context: ColumnContext,
): ResourceDefinition {
  return define({
    group: "",
    resource: "serviceaccounts",
    kind: "ServiceAccount",
    shortNames: ["sa"],
    schema: "io.k8s.api.core.v1.ServiceAccount",
    strategy: {
      prepareForCreate: keepNames,
      prepareForUpdate: keepNames,
      subresources: { token: tokenRequest(deps) },
    },
    columns: [NAME, age(context)],
  });
}
