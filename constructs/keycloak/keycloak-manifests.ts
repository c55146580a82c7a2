import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import type { KeycloakServerInput } from "./keycloak-input.ts";
import { KeycloakRoute } from "./keycloak-route.ts";
import { KeycloakServer } from "./keycloak-server.ts";

/** Everything of a region's Keycloak but its Secrets and its database, in the order in which it is applied. The way in comes when it may be used. Pure. */
export function keycloakManifests(
  input: KeycloakServerInput,
  { published }: { readonly published: boolean },
): Manifest[] {
  return synthesize((scope) => {
    new KeycloakServer(scope, "keycloak", input);
    if (published) new KeycloakRoute(scope, "route", input);
  });
}
