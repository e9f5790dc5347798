/** Core resources whose objects quotas count under their plain name, as under `count/NAME`. */
export const COUNTED_RESOURCES = [
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
];
