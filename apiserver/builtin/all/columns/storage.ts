import type { Column, KubeObject } from "../../../types.ts";
import { age, NAME } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { accessModes, column, count, NONE, UNSET } from "./cells.ts";

const CLASS = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/** The columns of volumes and of what provides them. */
export function storageColumns(
  context: ColumnContext,
): Record<string, Column[]> {
  const storageClass = column("StorageClass", ({ metadata, spec }) => {
    return metadata.annotations?.[CLASS] ?? spec?.storageClassName;
  });
  const attributesClass = column("VolumeAttributesClass", ({ spec }) => {
    return spec?.volumeAttributesClassName ?? UNSET;
  });
  const mode = column("VolumeMode", ({ spec }) => spec?.volumeMode ?? UNSET, {
    wide: true,
  });
  const phase = column("Status", ({ metadata, status }) => {
    return metadata.deletionTimestamp ? "Terminating" : status?.phase;
  });
  return {
    PersistentVolume: [
      NAME,
      column("Capacity", ({ spec }) => String(spec?.capacity?.storage ?? 0)),
      column("Access Modes", ({ spec }) => accessModes(spec?.accessModes)),
      column(
        "Reclaim Policy",
        ({ spec }) => spec?.persistentVolumeReclaimPolicy,
      ),
      phase,
      column("Claim", ({ spec }) => {
        const of = spec?.claimRef;
        return of ? `${of.namespace ?? ""}/${of.name ?? ""}` : "";
      }),
      storageClass,
      attributesClass,
      column("Reason", ({ status }) => status?.reason),
      age(context),
      mode,
    ],
    PersistentVolumeClaim: [
      NAME,
      phase,
      column("Volume", ({ spec }) => spec?.volumeName),
      column(
        "Capacity",
        bound(({ status }) => {
          return String(status?.capacity?.storage ?? 0);
        }),
      ),
      column(
        "Access Modes",
        bound(({ status }) => {
          return accessModes(status?.accessModes);
        }),
      ),
      storageClass,
      attributesClass,
      age(context),
      mode,
    ],
    StorageClass: [
      {
        ...NAME,
        value: ({ metadata }) =>
          metadata.annotations?.[DEFAULT_CLASS] === "true"
            ? `${metadata.name} (default)`
            : metadata.name ?? "",
      },
      column("Provisioner", (object) => object.provisioner),
      column("ReclaimPolicy", (object) => object.reclaimPolicy ?? "Delete"),
      column(
        "VolumeBindingMode",
        (object) => object.volumeBindingMode ?? "Immediate",
      ),
      column(
        "AllowVolumeExpansion",
        (object) => object.allowVolumeExpansion ?? false,
      ),
      age(context),
    ],
    VolumeAttributesClass: [
      NAME,
      column("DriverName", (object) => object.driverName),
      age(context),
    ],
    VolumeAttachment: [
      NAME,
      column("Attacher", ({ spec }) => spec?.attacher),
      column("PV", ({ spec }) => spec?.source?.persistentVolumeName),
      column("Node", ({ spec }) => spec?.nodeName),
      column("Attached", ({ status }) => status?.attached ?? false, {
        type: "boolean",
      }),
      age(context),
    ],
    CSINode: [
      NAME,
      count("Drivers", ({ spec }) => spec?.drivers?.length),
      age(context),
    ],
    CSIDriver: [
      NAME,
      flag("AttachRequired", ({ spec }) => spec?.attachRequired ?? true),
      flag("PodInfoOnMount", ({ spec }) => spec?.podInfoOnMount ?? false),
      flag("StorageCapacity", ({ spec }) => spec?.storageCapacity ?? false),
      column("TokenRequests", ({ spec }) => {
        const requests: { audience: string }[] | undefined = spec
          ?.tokenRequests;
        return requests?.map(({ audience }) => audience).join(",") ?? UNSET;
      }),
      flag("RequiresRepublish", ({ spec }) => spec?.requiresRepublish ?? false),
      column("Modes", ({ spec }) => {
        return (spec?.volumeLifecycleModes ?? []).join(",") || NONE;
      }),
      age(context),
    ],
  };
}

function flag(name: string, value: (object: KubeObject) => boolean): Column {
  return column(name, value, { type: "boolean" });
}

/** What a claim shows only when it has a volume. */
function bound(
  value: (object: KubeObject) => string,
): (object: KubeObject) => string {
  return (object) => object.spec?.volumeName ? value(object) : "";
}
