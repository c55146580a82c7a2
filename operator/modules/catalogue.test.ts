import { expect, test } from "vitest";
import { imageReference } from "./catalogue.ts";

test.each([
  ["the catalogue's by default", undefined, "quay.io/keycloak/keycloak:26.7.5"],
  [
    "the mirror replaces the registry and nothing else",
    { mirror: "registry.example/public/" },
    "registry.example/public/keycloak/keycloak:26.7.5",
  ],
  [
    "an override is taken as it is",
    { mirror: "registry.example", overrides: [{ name: "keycloak", reference: "local/keycloak@sha256:1" }] },
    "local/keycloak@sha256:1",
  ],
  [
    "an override of another image changes nothing",
    { overrides: [{ name: "postgresql-18", reference: "local/pg:1" }] },
    "quay.io/keycloak/keycloak:26.7.5",
  ],
])("image reference: %s", (_claim, images, reference) => {
  expect(imageReference(images === undefined ? {} : { images }, "keycloak")).toBe(reference);
});
