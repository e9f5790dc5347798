import type { Plugin, PluginContext } from "./types.ts";

/** How far a plugin is. */
export type LifePhase = "Provisioning" | "Running";

/**
 * Takes a plugin through its life: provision → validate → run → stop.
 *
 * `stop` is called whatever happened before. Resolves when the plugin was asked to stop and did.
 *
 * @throws what the plugin threw; an Error where `run` returned though nobody asked it to.
 */
export async function runLifeCycle<Config>(
  plugin: Plugin,
  ctx: PluginContext<Config>,
  options: { onPhase?: (phase: LifePhase) => void } = {},
): Promise<void> {
  let state: unknown;
  let failure: { error: unknown } | undefined;
  try {
    options.onPhase?.("Provisioning");
    state = await plugin.provision?.(ctx);
    ctx.signal.throwIfAborted();
    await plugin.validate?.(ctx, state);
    ctx.signal.throwIfAborted();
    options.onPhase?.("Running");
    await plugin.run(ctx, state);
    if (!ctx.signal.aborted) {
      throw new Error(
        `run() of plugin ${plugin.name} returned before it was asked to stop`,
      );
    }
  } catch (error) {
    // Whatever a plugin throws once it is to stop is its way out.
    if (!ctx.signal.aborted) failure = { error };
  }
  try {
    await plugin.stop?.(ctx, state);
  } catch (error) {
    failure ??= { error };
  }
  if (failure) throw failure.error;
}
