import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import { Homeserver } from "./homeserver.ts";
import { HomeserverRoute } from "./homeserver-route.ts";
import type { SynapseInput, SynapseRouteInput } from "./synapse-input.ts";

/** The homeserver of one tenant but its Secrets and its database, in the order in which it is applied. Pure. */
export function synapseManifests(input: SynapseInput): Manifest[] {
  return synthesize((scope) => {
    new Homeserver(scope, "homeserver", input);
  });
}

/** The public way to it. Pure. */
export function synapseRoute(input: SynapseRouteInput): Manifest[] {
  return synthesize((scope) => {
    new HomeserverRoute(scope, "route", input);
  });
}
