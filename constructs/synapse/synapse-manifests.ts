import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import { Homeserver } from "./homeserver.ts";
import { HomeserverRoute } from "./homeserver-route.ts";
import type { SynapseInput, SynapseRouteInput, WebClientInput } from "./synapse-input.ts";
import { WebClient } from "./web-client.ts";

/** Homeserver and web client of one tenant but their Secrets and database, in the order in which they are applied. Pure. */
export function synapseManifests(homeserver: SynapseInput, webClient: WebClientInput): Manifest[] {
  return synthesize((scope) => {
    new Homeserver(scope, "homeserver", homeserver);
    new WebClient(scope, "web-client", webClient);
  });
}

/** The public way to it. Pure. */
export function synapseRoute(input: SynapseRouteInput): Manifest[] {
  return synthesize((scope) => {
    new HomeserverRoute(scope, "route", input);
  });
}
