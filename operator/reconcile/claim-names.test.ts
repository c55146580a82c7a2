import { describe, expect, it } from "vitest";
import { names } from "../../crds/group.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import { TerminalError, WaitingError } from "../runtime/errors.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import { claimNames, endClaims } from "./claim-names.ts";
import { type ClaimHolder, claimManifest, type WantedClaim } from "./claims.ts";

const minagri: ClaimHolder = { name: "minagri", legalIdentifier: "SIREN:1", uid: "u1" };
const minjust: ClaimHolder = { name: "minjust", legalIdentifier: "SIREN:2", uid: "u2" };
const domain = (value: string): WantedClaim => ({ kind: "Domain", value });

function world() {
  const kube = new InMemoryKubeApi({ types: socleResourceTypes });
  const claims = new LocalCache<NameClaim>();
  const found = () =>
    kube
      .objects()
      .filter(({ kind }) => kind === "NameClaim")
      .map((object) => object as unknown as NameClaim);
  const summary = () =>
    found().map(({ metadata, spec }) => [
      spec.value,
      spec.holder.name,
      spec.state,
      metadata.labels?.[names.confirmedLabel] ?? "unconfirmed",
    ]);
  return { kube, claims, ports: { kube, claims }, found, summary };
}

describe("claimNames", () => {
  it("creates what is missing, confirms it, and shows it in the cache at once", async () => {
    const { ports, summary, claims } = world();
    await claimNames([domain("a.example"), { kind: "MailDomain", value: "b.example" }], minagri, ports);
    expect(summary()).toEqual([
      ["a.example", "minagri", "Held", "true"],
      ["b.example", "minagri", "Held", "true"],
    ]);
    expect(claims.list()).toHaveLength(2);
  });

  it("asks the API server for nothing where the cache shows every name as held", async () => {
    const { ports } = world();
    await claimNames([domain("a.example")], minagri, ports);
    const deaf = new Proxy(ports.kube, {
      get: () => () => Promise.reject(new Error("nothing is to be asked")),
    });
    await expect(claimNames([domain("a.example")], minagri, { ...ports, kube: deaf })).resolves.toBe(undefined);
  });

  it.each([
    ["the same domain", "a.example"],
    ["a domain under it", "sub.a.example"],
  ])(
    "refuses %s from the cache alone: it neither claims nor gives back, which would wake everybody who waits",
    async (_what, wanted) => {
      const { ports, summary } = world();
      await claimNames([domain("a.example")], minagri, ports);
      const before = summary();
      const deaf = new Proxy(ports.kube, {
        get: () => () => Promise.reject(new Error("nothing is to be asked")),
      });
      await expect(claimNames([domain(wanted)], minjust, { ...ports, kube: deaf })).rejects.toThrow(TerminalError);
      expect(summary()).toEqual(before);
    },
  );

  it("takes retained names back for the tenant that returns, with its new uid", async () => {
    const { ports, found } = world();
    await claimNames([domain("a.example")], minagri, ports);
    await endClaims(found(), () => "retain", ports);
    await claimNames([domain("a.example")], { ...minagri, uid: "u9" }, ports);
    expect(found()[0]?.spec).toMatchObject({ state: "Held", holder: { name: "minagri", uid: "u9" } });
  });

  it.each([
    ["the domain itself", "a.example"],
    ["a domain above it", "example"],
    ["a domain under it", "x.a.example"],
  ])("refuses %s when another tenant has it, and leaves no claim behind", async (_what, wanted) => {
    const { ports, summary } = world();
    await claimNames([domain("a.example")], minjust, ports);
    await expect(claimNames([domain(wanted)], minagri, ports)).rejects.toMatchObject({ reason: "NameTaken" });
    await expect(claimNames([domain(wanted)], minagri, ports)).rejects.toBeInstanceOf(TerminalError);
    expect(summary()).toEqual([["a.example", "minjust", "Held", "true"]]);
  });

  it("waits for a rival that is not confirmed yet: it may draw back", async () => {
    const { kube, ports, summary } = world();
    await kube.create(claimManifest(domain("x.a.example"), minjust));
    await expect(claimNames([domain("a.example")], minagri, ports)).rejects.toBeInstanceOf(WaitingError);
    expect(summary()).toEqual([["x.a.example", "minjust", "Held", "unconfirmed"]]);
  });

  it("goes on where an earlier process died between creation and confirmation", async () => {
    const { kube, ports, summary } = world();
    await kube.create(claimManifest(domain("a.example"), minagri));
    await claimNames([domain("a.example")], minagri, ports);
    expect(summary()).toEqual([["a.example", "minagri", "Held", "true"]]);
  });

  it("of two tenants that ask at once, tells the second", async () => {
    const { ports, summary } = world();
    const asked = await Promise.allSettled([
      claimNames([domain("a.example")], minagri, ports),
      claimNames([domain("x.a.example")], minjust, ports),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(summary()).toEqual([["a.example", "minagri", "Held", "true"]]);
  });
});

describe("endClaims", () => {
  it.each([
    ["Held", "retain", "Retained"],
    ["Held", "tombstone", "Tombstoned"],
    ["Held", "free", undefined],
    ["Retained", "free", undefined],
    ["Tombstoned", "free", "Tombstoned"],
    ["Tombstoned", "retain", "Tombstoned"],
  ] as const)("makes of a claim that is %s and is to %s: %s", async (state, end, left) => {
    const { kube, ports, found } = world();
    const manifest = claimManifest(domain("a.example"), minagri);
    await kube.create({ ...manifest, spec: { ...(manifest["spec"] as object), state } });
    await endClaims(found(), () => end, ports);
    expect(found()[0]?.spec.state).toBe(left);
  });
});
