import { Agent } from "../api/agent.ts";
import { Enrollment } from "../api/enrollment.ts";
import { isTrue } from "../kube/conditions.ts";
import { LinkedSignal } from "../kube/linked_signal.ts";
import { runAccountSecrets } from "./controllers/account_secrets.ts";
import { runAgentController } from "./controllers/agent.ts";
import type { HubContext } from "./controllers/context.ts";
import { runEnrollmentController } from "./controllers/enrollment.ts";
import {
  type EnrollmentLimits,
  runEnrollmentGC,
} from "./controllers/enrollment_gc.ts";
import { runHubKeysController } from "./controllers/hub_keys.ts";
import { Ownership } from "./controllers/ownership.ts";
import {
  type PluginControllerOptions,
  runPluginController,
} from "./controllers/plugin.ts";
import { runPluginKindsController } from "./controllers/plugin_kinds.ts";
import { runPluginObjectControllers } from "./controllers/plugin_object.ts";
import { runPresenceController } from "./controllers/presence.ts";
import { runRegistrationController } from "./controllers/registration.ts";
import { runRepositoryDevicesController } from "./controllers/repository_devices.ts";
import { runRevisionGC } from "./controllers/revision_gc.ts";
import { RevisionUse } from "./controllers/revision_use.ts";
import { runWorkspaceController } from "./controllers/workspace.ts";
import type { RotationTimes } from "./keys/key_ring.ts";
import { PluginKinds } from "./kinds/plugin_kinds.ts";
import type { HubMetrics } from "./metrics.ts";

/** What {@linkcode runControllers} runs beside the controllers themselves. */
export interface RunControllersOptions extends PluginControllerOptions {
  metrics: HubMetrics;
  /** See {@linkcode runHubKeysController}. */
  keyRotation?: Partial<RotationTimes>;
  /** See {@linkcode runRevisionGC}. */
  revisionGrace?: number;
  /** See {@linkcode runEnrollmentGC}. */
  enrollmentLimits?: Partial<EnrollmentLimits>;
  /** Called once all informers have their first list. */
  onSynced?: () => void;
  /** Runs along with them until the signal ends it. */
  also?: ((signal: AbortSignal) => Promise<void>)[];
}

/** What the leader does: all controllers, until the context's signal ends them. */
export async function runControllers(
  context: Omit<HubContext, "pluginKinds">,
  options: RunControllersOptions,
): Promise<void> {
  using link = new LinkedSignal(context.signal);
  const base = { ...context, signal: link.signal };
  let pluginKinds: PluginKinds;
  try {
    pluginKinds = await PluginKinds.open(base);
  } catch (error) {
    if (!link.signal.aborted) throw error;
    return await base.informers.done();
  }
  const own: HubContext = { ...base, pluginKinds };
  const revisions = new RevisionUse();
  const ownership = new Ownership(own.informers.get(Enrollment));
  gauges(own, options.metrics);
  const running = [
    runHubKeysController(own, options.keyRotation),
    runWorkspaceController(own),
    runPluginController(own, options),
    runPluginKindsController(own),
    runPluginObjectControllers(own),
    runRegistrationController(own),
    runEnrollmentController(own, ownership),
    runEnrollmentGC(own, options.enrollmentLimits),
    runAgentController(own, { ownership, revisions }),
    runPresenceController(own),
    runAccountSecrets(own),
    runRevisionGC(own, { revisions, grace: options.revisionGrace }),
    runRepositoryDevicesController(own),
    ...(options.also ?? []).map((run) => run(link.signal)),
  ];
  own.informers.synced().then(options.onSynced, () => {}); // ended before
  try {
    await Promise.all(running);
  } catch (error) {
    // One that cannot go on takes the others along; the process starts anew.
    link.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(running);
    await Promise.all([own.informers.done(), pluginKinds.done()]);
  }
}

function gauges(context: HubContext, metrics: HubMetrics): void {
  const agents = context.informers.get<Agent>(Agent);
  metrics.gauge("faros_devices", {
    help: "Agents by whether their device is online",
    read: () => {
      const all = agents.list();
      const online = all.filter((agent) =>
        isTrue(agent.status?.conditions, "Online")
      ).length;
      return [
        { labels: { online: "true" }, value: online },
        { labels: { online: "false" }, value: all.length - online },
      ];
    },
  });
  metrics.gauge("faros_informer_objects", {
    help: "Objects that the hub follows",
    read: () =>
      [
        ...context.informers.list(),
        ...context.pluginKinds.informers(),
      ].map((informer) => ({
        labels: {
          resource: informer.resource.plural,
          group: informer.resource.group,
        },
        value: informer.list().length,
      })),
  });
}
