import { continuity } from "./continuity.ts";
import { erasure } from "./erasure.ts";
import { exposure } from "./exposure.ts";
import type { Fixtures } from "./fixture.ts";
import { regionFixtures } from "./region.ts";

export const fixtures: Fixtures = { ...exposure, ...continuity, ...regionFixtures, ...erasure };
