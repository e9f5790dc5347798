/**
 * Event, served by the core group and by events.k8s.io from the same storage.
 *
 * @module
 */
import { deepEqual } from "../schema/deep_equal.ts";
import { invalidValue, required } from "../schema/field_error.ts";
import { qualifiedNameProblems } from "../registry/names.ts";
import type {
  Column,
  FieldError,
  Json,
  JsonObject,
  KubeObject,
  ResourceDefinition,
  Strategy,
} from "../types.ts";
import { NAME, since, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";

/** Names in the core group → names in events.k8s.io. */
const RENAMED: Record<string, string> = {
  count: "deprecatedCount",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  source: "deprecatedSource",
  involvedObject: "regarding",
  message: "note",
  reportingComponent: "reportingController",
};
const RENAMED_BACK = Object.fromEntries(
  Object.entries(RENAMED).map(([core, events]) => [events, core]),
);

function rename(
  object: KubeObject,
  { names, apiVersion }: { names: Record<string, string>; apiVersion: string },
): KubeObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    out[names[key] ?? key] = value as Json;
  }
  return { ...out, apiVersion } as unknown as KubeObject;
}

/** An event of the core group in the form of events.k8s.io. */
export function toEventsV1(stored: KubeObject): KubeObject {
  const event = rename(stored, {
    names: RENAMED,
    apiVersion: "events.k8s.io/v1",
  });
  // Here they are left out where they are empty.
  for (const field of ["reportingController", "reportingInstance"]) {
    if (event[field] === "") delete event[field];
  }
  return event;
}

/** An event of events.k8s.io in the form of the core group, as it is stored. */
export function toCoreV1(served: KubeObject): KubeObject {
  return rename(served, { names: RENAMED_BACK, apiVersion: "v1" });
}

/** What every event has, also where the client left it out. */
function fillIn(event: KubeObject): void {
  event.involvedObject ??= {};
  event.source ??= {};
  event.reportingComponent ??= "";
  event.reportingInstance ??= "";
  // Go writes times that are not set as null.
  event.eventTime ??= null;
  event.firstTimestamp ??= null;
  event.lastTimestamp ??= null;
}

/** Rules of both groups, on the core form; `names` are those of the served form. */
function commonErrors(
  event: KubeObject,
  name: (field: string) => string,
): FieldError[] {
  const errors: FieldError[] = [];
  const about: string = event.involvedObject?.namespace ?? "";
  const own = event.metadata.namespace;
  // What tells of a time of its own may be about an object anywhere, but in no namespace only from where the server's are.
  const misplaced = event.eventTime
    ? !about && own !== "default" && own !== "kube-system"
    : about
    ? about !== own
    : own !== "default";
  if (misplaced) {
    errors.push(
      invalidValue(
        `${name("involvedObject")}.namespace`,
        about,
        "does not match event.namespace",
      ),
    );
  }
  if (!event.eventTime) return errors;
  const controller: string = event.reportingComponent ?? "";
  const field = name("reportingComponent");
  if (!controller) errors.push(required(field));
  for (const why of qualifiedNameProblems(controller)) {
    errors.push(invalidValue(field, controller, why));
  }
  for (const key of ["reportingInstance", "action", "reason"]) {
    const value: string = event[key] ?? "";
    if (!value) errors.push(required(key));
    else if (value.length > 128) {
      errors.push(
        invalidValue(key, "", "can have at most 128 characters"),
      );
    }
  }
  if ((event.message ?? "").length > 1024) {
    errors.push(
      invalidValue(name("message"), "", "can have at most 1024 characters"),
    );
  }
  return errors;
}

/** What events.k8s.io asks of a new event beyond that. */
function strictErrors(event: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { series } = event;
  if (series) {
    if ((series.count ?? 0) < 2) {
      errors.push(invalidValue("series.count", "", "should be at least 2"));
    }
    if (!series.lastObservedTime) {
      errors.push(required("series.lastObservedTime"));
    }
  }
  if (!event.eventTime) errors.push(required("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning") {
    errors.push(
      invalidValue("type", "", `has invalid value: ${event.type ?? ""}`),
    );
  }
  for (const field of ["firstTimestamp", "lastTimestamp", "count"]) {
    if (event[field]) {
      errors.push(invalidValue(field, "", "needs to be unset"));
    }
  }
  return errors;
}

/** A recorded event stays as it is, apart from its series. */
const FIXED = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "reportingComponent",
  "reportingInstance",
  "type",
  "eventTime",
  "action",
  "related",
];

function fixedErrors(event: KubeObject, old: KubeObject): FieldError[] {
  return FIXED.filter((key) => !deepEqual(event[key], old[key])).map((key) =>
    invalidValue(key, event[key] ?? null, "field is immutable")
  );
}

function labels(event: KubeObject, about: string): Record<string, string> {
  const object = event.involvedObject ?? {};
  const out: Record<string, string> = {
    reason: event.reason ?? "",
    reportingComponent: event.reportingComponent ?? "",
    source: event.source?.component || (event.reportingComponent ?? ""),
    type: event.type ?? "",
  };
  for (
    const key of [
      "kind",
      "namespace",
      "name",
      "uid",
      "apiVersion",
      "resourceVersion",
      "fieldPath",
    ]
  ) out[`${about}.${key}`] = object[key] ?? "";
  return out;
}

const coreStrategy: Strategy = {
  prepareForCreate: fillIn,
  prepareForUpdate: fillIn,
  validate: (event) => commonErrors(event, (field) => field),
  fields: (event) => labels(event, "involvedObject"),
};

/** What only the core group selects Events by. */
const CORE_ONLY = ["reportingComponent", "source"];

const eventsStrategy: Strategy = {
  prepareForCreate: fillInServed,
  prepareForUpdate: fillInServed,
  validate(served, old) {
    const event = toCoreV1(served);
    const errors = commonErrors(event, (field) => RENAMED[field] ?? field);
    return old
      ? [...errors, ...fixedErrors(event, toCoreV1(old))]
      : [...errors, ...strictErrors(event)];
  },
  fields(served) {
    const event = toCoreV1(served);
    return {
      ...Object.fromEntries(
        Object.entries(labels(event, "regarding"))
          .filter(([field]) => !CORE_ONLY.includes(field)),
      ),
      reportingController: event.reportingComponent ?? "",
    };
  },
};

function fillInServed(event: KubeObject): void {
  event.deprecatedSource ??= {};
  event.regarding ??= {};
  event.eventTime ??= null;
  event.deprecatedFirstTimestamp ??= null;
  event.deprecatedLastTimestamp ??= null;
}

function columns(
  { now }: ColumnContext,
  core: (event: KubeObject) => KubeObject,
): Column[] {
  const of =
    (value: (event: KubeObject) => string | number) => (o: KubeObject) =>
      value(core(o));
  const about = (event: KubeObject) =>
    `${(event.involvedObject?.kind ?? "").toLowerCase()}/${
      event.involvedObject?.name ?? ""
    }`;
  const source = (event: KubeObject) =>
    [
      event.source?.component || event.reportingComponent,
      event.source?.host || event.reportingInstance,
    ].filter(Boolean).join(", ");
  const first = (event: KubeObject) => event.firstTimestamp ?? event.eventTime;
  const last = (event: KubeObject) =>
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime;
  const wide = { wide: true };
  return [
    text("Last Seen", of((e) => since(last(e), now())), {
      description:
        "The time at which the most recent occurrence of this event was recorded.",
    }),
    text("Type", of((e) => e.type ?? ""), {
      description:
        "Type of this event (Normal, Warning), new types could be added in the future",
    }),
    text("Reason", of((e) => e.reason ?? ""), {
      description:
        "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    }),
    text("Object", of(about), {
      description: "The object that this event is about.",
    }),
    text("Subobject", of((e) => e.involvedObject?.fieldPath ?? ""), wide),
    text("Source", of(source), wide),
    text("Message", of((e) => (e.message ?? "").trim()), {
      description:
        "A human-readable description of the status of this operation.",
    }),
    text("First Seen", of((e) => since(first(e), now())), wide),
    text("Count", of((e) => e.series?.count ?? (e.count || 1)), wide),
    { ...NAME, priority: 1 },
  ];
}

/** The definition of Event in the core group. */
export function coreEvent(context: ColumnContext): ResourceDefinition {
  return define({
    group: "",
    resource: "events",
    kind: "Event",
    shortNames: ["ev"],
    schema: "io.k8s.api.core.v1.Event",
    strategy: coreStrategy,
    columns: columns(context, (event) => event),
  });
}

/** The definition of Event in events.k8s.io. */
export function eventsEvent(context: ColumnContext): ResourceDefinition {
  return define({
    group: "events.k8s.io",
    resource: "events",
    kind: "Event",
    shortNames: ["ev"],
    schema: "io.k8s.api.events.v1.Event",
    strategy: eventsStrategy,
    columns: columns(context, toCoreV1),
    storedAs: {
      group: "",
      resource: "events",
      decode: toEventsV1,
      encode: toCoreV1,
    },
  });
}
