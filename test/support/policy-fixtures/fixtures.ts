import { databaseExposure } from "./database-exposure.ts";
import { continuity } from "./continuity.ts";
import { erasure } from "./erasure.ts";
import { exposure } from "./exposure.ts";
import { flows } from "./flows.ts";
import { moduleFiles } from "./module-files.ts";
import { regionFixtures } from "./region.ts";
import { software } from "./software.ts";
import type { Fixtures } from "./fixture.ts";
import { isolation } from "./isolation.ts";
import { logins } from "./logins.ts";
import { people } from "./people.ts";
import { rights } from "./rights.ts";
import { routes } from "./routes.ts";
import { tenantPaths } from "./tenant-paths.ts";

export const fixtures: Fixtures = {
  ...databaseExposure,
  ...exposure,
  ...isolation,
  ...logins,
  ...people,
  ...rights,
  ...routes,
  ...tenantPaths,
  ...continuity,
  ...regionFixtures,
  ...erasure,
  ...flows,
  ...moduleFiles,
  ...software,
};
