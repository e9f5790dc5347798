import { crash } from "./crash.ts";
import { diskFull } from "./disk_full.ts";
import { fuzz } from "./fuzz.ts";
import { growth } from "./growth.ts";
import type { Soak } from "./soak.ts";
import { sync } from "./sync.ts";
import { torn } from "./torn.ts";

/** All soaks, in the order in which they run. */
export const soaks: readonly Soak[] = [
  crash,
  diskFull,
  fuzz,
  torn,
  growth,
  sync,
];
