import assert from "node:assert/strict";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Registration } from "../../api/registration.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import type { TestDevice } from "./device.ts";
import {
  condition,
  type HubEngine,
  HubEnvironment,
  type HubEnvironmentOptions,
  probePlugin,
} from "./environment.ts";

/** The workspace in which devices join. */
export const NAMESPACE = "plant";
/** What the Registration there is called, and its Secret. */
export const REGISTRATION = "line";
export const JOIN = "join-line";

/**
 * Starts a hub with a workspace in which devices can join by a Registration.
 *
 * @param spec Of the Registration.
 */
export async function startWithRegistration(
  engine: HubEngine,
  spec: Registration["spec"] | Record<string, unknown> = {},
  options: HubEnvironmentOptions = {},
): Promise<HubEnvironment> {
  const environment = await HubEnvironment.start(engine, {
    catalogue: [probePlugin()],
    ...options,
  });
  await environment.workspace(NAMESPACE, { plugins: [{ name: "probe" }] });
  await environment.create(Registration, REGISTRATION, {
    namespace: NAMESPACE,
    spec,
  });
  await environment.until(
    Registration,
    { namespace: NAMESPACE, name: REGISTRATION },
    "is Ready",
    condition("Ready"),
  );
  return environment;
}

/** Asks to join by the Registration's own token. */
export async function ask(
  environment: HubEnvironment,
  device: TestDevice,
  agent: string,
): Promise<void> {
  const { token } = await environment.secret(NAMESPACE, JOIN);
  const client = environment.as(token!);
  await device.enroll(client, {
    namespace: NAMESPACE,
    agent,
    registration: REGISTRATION,
    token: token!,
  });
  client.close();
}

/** Waits until the hub says so of a device's Enrollment. */
export const untilEnrollment = (
  environment: HubEnvironment,
  device: TestDevice,
  reason: string,
) =>
  environment.until<Enrollment>(
    Enrollment,
    { namespace: NAMESPACE, name: device.id },
    `has reason ${reason}`,
    condition("Ready", reason),
  );

/** Asks to join and waits for the credential. */
export async function join(
  environment: HubEnvironment,
  device: TestDevice,
  agent: string,
) {
  await ask(environment, device, agent);
  const { status } = await untilEnrollment(environment, device, "Enrolled");
  return await device.decrypt(status!.credential!);
}

/** Lets a device in as a person would, or keeps it out with type `Denied`. */
export async function approve(
  environment: HubEnvironment,
  device: TestDevice,
  type = "Approved",
): Promise<void> {
  await environment.client.apply<KubeObject>(Enrollment, {
    apiVersion: Enrollment.apiVersion,
    kind: Enrollment.kind,
    metadata: { name: device.id, namespace: NAMESPACE },
    status: {
      conditions: [{
        type,
        status: "True",
        reason: "ByUser",
        message: "By a test",
        lastTransitionTime: new Date().toISOString(),
      }],
    },
  } as KubeObject, {
    subresource: "status",
    fieldManager: "test",
    force: true,
  });
}

/** Asserts that the server refuses with that HTTP status. */
export async function refused(
  code: number,
  action: Promise<unknown>,
): Promise<void> {
  await assert.rejects(
    action,
    (error) => error instanceof KubeApiError && error.code === code,
  );
}
