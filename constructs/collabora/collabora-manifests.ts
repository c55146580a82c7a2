import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import type { CollaboraInput, CollaboraRouteInput } from "./collabora-input.ts";
import { OfficeRoute } from "./office-route.ts";
import { OfficeServer } from "./office-server.ts";

/** The online office of one tenant, in the order in which it is applied. Pure. */
export function collaboraManifests(input: CollaboraInput): Manifest[] {
  return synthesize((scope) => {
    new OfficeServer(scope, "office", input);
  });
}

/** The public way to it. Pure. */
export function collaboraRoute(input: CollaboraRouteInput): Manifest[] {
  return synthesize((scope) => {
    new OfficeRoute(scope, "route", input);
  });
}
