import { expect, it } from "vitest";
import { liveModule, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import { composedScene, legalIdentifier } from "./scene.ts";

it("a module sees the names that its tenant holds, and none of another ministry that once bore its name", () => {
  const tenant = liveTenant("minagri");
  const claimOf = (identifier: string): NameClaim =>
    ({
      spec: {
        kind: "Database",
        value: "db.example:5432/minagri",
        holder: { name: "minagri", legalIdentifier: identifier, uid: "of an earlier life" },
        state: "Retained",
      },
    }) as unknown as NameClaim;
  const [own, others] = [claimOf(legalIdentifier(tenant)), claimOf("SIREN:110000007")];
  const scene = composedScene({
    module: liveModule("PostgreSQL"),
    tenant,
    region: liveRegion(),
    siblings: [],
    cluster: { kinds: new Set(), apiServers: [] },
    live: [],
    claims: [own, others],
    installation: "1",
  });
  expect(scene.claims).toEqual([own]);
});
