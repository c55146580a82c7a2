import { exposure } from "./exposure.ts";
import type { Fixtures } from "./fixture.ts";

export const fixtures: Fixtures = { ...exposure };
