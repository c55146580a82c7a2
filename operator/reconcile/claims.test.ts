import { describe, expect, it } from "vitest";
import { names } from "../../crds/group.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import { type ClaimHolder, claimManifest, claimName, decideClaim, domainsOverlap, overlappingClaim } from "./claims.ts";

const wanted = { kind: "Domain", value: "a.example" } as const;
const holder: ClaimHolder = { name: "minagri", legalIdentifier: "SIREN:110070018", uid: "u1" };
const live = (over: Partial<NameClaim["spec"]> = {}): NameClaim => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "NameClaim",
  metadata: { name: claimName(wanted), uid: "c1", resourceVersion: "1" },
  spec: { ...wanted, holder, state: "Held", ...over },
});

describe("claimName", () => {
  it("is the kind and the first 32 hex digits of SHA-256 of the value: a public contract", () => {
    expect(claimName({ kind: "LegalIdentifier", value: "SIREN:110070018" })).toBe(
      "legalidentifier-54b34ff6b77ee0d5b08c722bf9d6b958",
    );
  });

  it("differs by kind: the same text may be a domain of one and a realm of another", () => {
    expect(claimName({ kind: "RealmName", value: "a.example" })).not.toBe(claimName(wanted));
  });
});

describe("claimManifest", () => {
  it("is Held, names its holder, and carries the labels by which it is found", () => {
    expect(claimManifest(wanted, holder)).toMatchObject({
      metadata: { labels: { [names.tenantLabel]: "minagri", [names.managedByLabel]: names.managedBy } },
      spec: { ...wanted, holder, state: "Held" },
    });
  });
});

describe("decideClaim", () => {
  const other = { name: "minjust", legalIdentifier: "SIREN:110010014" };
  it.each([
    ["nobody has it", undefined, "create"],
    ["the tenant holds it", live(), "held"],
    ["the tenant held it in an earlier life", live({ holder: { ...holder, uid: "u0" } }), "take-back"],
    ["it was retained for the tenant", live({ state: "Retained" }), "take-back"],
    ["another tenant holds it", live({ holder: other }), "taken"],
    ["it is retained for another tenant", live({ holder: other, state: "Retained" }), "taken"],
    [
      "a tenant of that name and another identifier had it",
      live({ holder: { ...holder, legalIdentifier: "SIREN:1" } }),
      "taken",
    ],
    ["it was served in the past, even by the tenant itself", live({ state: "Tombstoned" }), "taken"],
  ])("where %s", (_claim, claim, kind) => {
    expect(decideClaim(wanted, holder, claim).kind).toBe(kind);
  });

  it("says whose a taken name is, and what to do", () => {
    expect(decideClaim(wanted, holder, live({ holder: other }))).toEqual({
      kind: "taken",
      message:
        "Domain a.example belongs to tenant minjust (which holds it); choose another name, or ask that tenant to give it up.",
    });
  });
});

describe("domains", () => {
  it.each([
    ["a.example", "a.example", true],
    ["b.a.example", "a.example", true],
    ["a.example", "b.a.example", true],
    ["ba.example", "a.example", false],
    ["a.example", "b.example", false],
  ])("%s and %s overlap: %s", (left, right, overlap) => {
    expect(domainsOverlap(left, right)).toBe(overlap);
  });

  it("rival only with domains of others: the tenant's own sub-domains and names of other kinds do not count", () => {
    const at = (value: string, name: string, kind: NameClaim["spec"]["kind"] = "Domain") =>
      live({ kind, value, holder: { ...holder, name } });
    const all = [at("x.a.example", "minagri"), at("a.example", "minjust", "MailDomain"), at("b.example", "minjust")];
    expect(overlappingClaim(wanted, holder, all)).toBe(undefined);
    const rival = at("example", "minjust");
    expect(overlappingClaim(wanted, holder, [...all, rival])).toBe(rival);
    expect(overlappingClaim({ kind: "MailDomain", value: "a.example" }, holder, [rival])).toBe(undefined);
  });
});
