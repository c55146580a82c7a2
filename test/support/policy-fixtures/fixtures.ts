import { continuity } from "./continuity.ts";
import { erasure } from "./erasure.ts";
import { exposure } from "./exposure.ts";
import { flows } from "./flows.ts";
import { moduleFiles } from "./module-files.ts";
import { regionFixtures } from "./region.ts";
import { software } from "./software.ts";
import type { Fixtures } from "./fixture.ts";

export const fixtures: Fixtures = {
  ...exposure,
  ...continuity,
  ...regionFixtures,
  ...erasure,
  ...flows,
  ...moduleFiles,
  ...software,
};
