import { attested } from "./attested.ts";
import { certificates } from "./certificates.ts";
import { continuity } from "./continuity.ts";
import { databaseExposure } from "./database-exposure.ts";
import { duties } from "./duties.ts";
import { erasure } from "./erasure.ts";
import { exposure } from "./exposure.ts";
import { flows } from "./flows.ts";
import { inventory } from "./inventory.ts";
import { isolation } from "./isolation.ts";
import { logins } from "./logins.ts";
import { moduleFiles } from "./module-files.ts";
import { withNumSpot } from "./numspot-facts.ts";
import { operation } from "./operation.ts";
import { people } from "./people.ts";
import { places } from "./places.ts";
import { qualifications } from "./qualifications.ts";
import { regionFixtures } from "./region.ts";
import { rights } from "./rights.ts";
import { routes } from "./routes.ts";
import { secrets } from "./secrets.ts";
import { software } from "./software.ts";
import { tenantPaths } from "./tenant-paths.ts";
import { transport } from "./transport.ts";
import { volumes } from "./volumes.ts";
import { hardenedPods } from "./hardened-pods.ts";
import type { Fixtures } from "./fixture.ts";

const written: Fixtures = {
  ...attested,
  ...hardenedPods,
  ...databaseExposure,
  ...exposure,
  ...isolation,
  ...logins,
  ...people,
  ...rights,
  ...routes,
  ...tenantPaths,
  ...certificates,
  ...continuity,
  ...duties,
  ...erasure,
  ...flows,
  ...inventory,
  ...moduleFiles,
  ...operation,
  ...places,
  ...qualifications,
  ...regionFixtures,
  ...secrets,
  ...software,
  ...transport,
  ...volumes,
};

/** What is judged in the cluster, and what a provider tells. */
export const fixtures: Fixtures = withNumSpot(written);
