import { renderTable } from "../table.ts";
import type { DeviceState } from "./devices_of.ts";
import type { CommitOrigin } from "./origins.ts";
import { convergence, sum } from "./render_repository_tree.ts";
import type { CommitTrace, Trace } from "./trace.ts";

/** Devices and objects that are listed at most; 0 is all. */
interface Options {
  limit: number;
}

/** A trace of one object, in full. */
export function renderTrace(trace: Trace, options: Options): string {
  const { kind, name, workspace, state, repository, url, devices } = trace;
  return [
    `${kind}/${name}${workspace ? ` in workspace ${workspace}` : ""}`,
    fields({
      State: state,
      Repository: url ? `${repository} (${url})` : repository,
      File: trace.file === undefined
        ? "not noted yet; the next change of it tells"
        : `${trace.file}:${trace.line}`,
      ...commitFields(trace),
      Devices: devices?.some((device) => device.suspended)
        ? "none is asked for; its own keeps what it runs"
        : devices && convergence(sum(devices)),
    }),
    ...(devices?.length ? [deviceTable(devices, options)] : []),
  ].join("\n");
}

/** Traces of several objects, a line each. */
export function renderTraces(traces: Trace[], { limit }: Options): string {
  const shown = limit ? traces.slice(0, limit) : traces;
  const more = traces.length - shown.length;
  return [
    renderTable([
      ["WORKSPACE", "OBJECT", "STATE", "FILE", "COMMIT", "AUTHOR", "DEVICES"],
      ...shown.map((trace) => [
        trace.workspace ?? "-",
        `${trace.kind}/${trace.name}`,
        trace.state,
        trace.file === undefined ? "-" : `${trace.file}:${trace.line}`,
        trace.commit.slice(0, 12),
        trace.author ?? "-",
        trace.devices ? fraction(trace.devices) : "-",
      ]),
    ]),
    ...(more ? [`… ${more} more: --limit 0`] : []),
  ].join("\n");
}

function fraction(devices: DeviceState[]): string {
  const { converged, total } = sum(devices);
  return `${converged}/${total}`;
}

/** A trace of a commit. */
export function renderCommitTrace(
  trace: CommitTrace,
  options: Options,
): string {
  const { repository, objects, devices } = trace;
  return [
    `Commit ${trace.commit}`,
    fields({
      Repository: repository,
      ...commitFields(trace),
      Commit: undefined,
      Objects: objects.length
        ? `${objects.length} that it changed last`
        : "none that it changed last",
      Devices: devices.length
        ? `orders to ${devices.length} come of it; ${convergence(sum(devices))}`
        : "no device's orders come of it",
    }),
    ...(objects.length ? [renderTraces(objects, options)] : []),
    ...(devices.length ? [deviceTable(devices, options)] : []),
  ].join("\n");
}

function commitFields(
  { commit, author, email, date, message, applied, unknown }: CommitOrigin,
): Record<string, string | undefined> {
  return {
    Commit: commit,
    Author: author === undefined ? unknown : `${author} <${email}>`,
    Date: date,
    Message: message,
    Applied: applied,
  };
}

function fields(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  );
  const width = Math.max(...given.map(([name]) => name.length)) + 1;
  return given.map(([name, value]) =>
    `  ${`${name}:`.padEnd(width)}  ${value.replaceAll(/\s*\n\s*/g, " ")}`
  ).join("\n");
}

function deviceTable(devices: DeviceState[], { limit }: Options): string {
  const shown = limit ? devices.slice(0, limit) : devices;
  const more = devices.length - shown.length;
  return [
    renderTable([
      ["WORKSPACE", "DEVICE", "CONVERGED", "ONLINE", "COMMIT", "WHY NOT"],
      ...shown.map((device) => [
        device.workspace,
        device.name,
        device.converged ? "True" : "False",
        device.online ? "True" : "False",
        device.commit?.slice(0, 12) ?? "-",
        device.reason ?? "",
      ]),
    ]),
    ...(more ? [`… ${more} more: --limit 0`] : []),
  ].join("\n");
}
