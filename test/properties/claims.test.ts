import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import type { KubeApi } from "../../operator/kube/kube-api.ts";
import type { claimNames } from "../../operator/reconcile/claim-names.ts";
import { type ClaimHolder, domainsOverlap, type WantedClaim } from "../../operator/reconcile/claims.ts";
import { OperatorError } from "../../operator/runtime/errors.ts";
import { LocalCache } from "../../operator/runtime/object-cache.ts";
import { InMemoryKubeApi } from "../support/in-memory-kube-api.ts";

type ClaimNames = typeof claimNames;

/** The turn-taking of one process is a variable of the module: each operator gets a module of its own, as it has a process of its own. */
async function claimNamesOf(operator: number): Promise<ClaimNames> {
  const path = `../../operator/reconcile/claim-names.ts?operator=${operator}`;
  return ((await import(/* @vite-ignore */ path)) as { claimNames: ClaimNames }).claimNames;
}

const operators = await Promise.all([1, 2, 3].map(claimNamesOf));

/** One operator that looks at one tenant, some times over. */
interface Actor {
  readonly tenant: number;
  readonly domains: readonly string[];
  readonly looks: number;
}
const domain = fc.constantFrom("ville.fr", "ecole.ville.fr", "cantine.ecole.ville.fr", "mairie.ville.fr", "autre.fr");
/** The same tenant wants the same from every operator. */
const actors: fc.Arbitrary<readonly Actor[]> = fc
  .record({
    wishes: fc.array(fc.uniqueArray(domain, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
    tenants: fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 3 }),
    looks: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ wishes, tenants, looks }) =>
    tenants.map((each) => {
      const tenant = each % wishes.length;
      return { tenant, domains: wishes[tenant] ?? [], looks };
    }),
  );

const holderOf = (tenant: number): ClaimHolder => ({
  name: `t${tenant}`,
  legalIdentifier: `SIREN:00000000${tenant}`,
  uid: `uid-${tenant}`,
});

/** The server, each of whose requests and each of whose answers comes when the scheduler says so. */
function scheduled(server: KubeApi, s: fc.Scheduler, who: string): KubeApi {
  const later = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    await s.schedule(Promise.resolve(), `${who} asks to ${what}`);
    const result = await call().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await s.schedule(Promise.resolve(), `${who} is answered ${what}`);
    if ("error" in result) throw result.error;
    return result.value;
  };
  return {
    get: (ref) => later("get", () => server.get(ref)),
    list: (type, options) => later("list", () => server.list(type, options)),
    create: (manifest: Manifest) => later("create", () => server.create(manifest)),
    apply: (manifest, options) => later("apply", () => server.apply(manifest, options)),
    patch: (ref, operations) => later("patch", () => server.patch(ref, operations)),
    delete: (ref, preconditions) => later("delete", () => server.delete(ref, preconditions)),
    watch: (type, options) => server.watch(type, options),
  };
}

const claimsOn = (server: InMemoryKubeApi): NameClaim[] =>
  server.objects().filter((object) => object.kind === "NameClaim") as unknown as NameClaim[];
const confirmedOn = (server: InMemoryKubeApi): NameClaim[] =>
  claimsOn(server).filter((claim) => claim.metadata.labels?.[names.confirmedLabel] === "true");

/** Pairs of confirmed claims of different tenants of which one domain is the other, or lies under it. */
function clashes(server: InMemoryKubeApi): string[] {
  const held = confirmedOn(server).map(({ spec }) => ({ value: spec.value, holder: spec.holder.name }));
  return held.flatMap((one, index) =>
    held
      .slice(index + 1)
      .filter((other) => other.holder !== one.holder && domainsOverlap(one.value, other.value))
      .map((other) => `${one.holder}:${one.value} ${other.holder}:${other.value}`),
  );
}

describe("Domains, claimed by several operators at once, in any order of requests and answers", () => {
  it("never have two holders, and whoever is told that a domain is its own holds it", async () => {
    await fc.assert(
      fc.asyncProperty(actors, fc.scheduler(), async (all, s) => {
        const found: string[] = [];
        const server: InMemoryKubeApi = new InMemoryKubeApi({ types: socleResourceTypes });
        /** Who was told so, and of what. */
        const told: { readonly holder: string; readonly value: string }[] = [];
        const act = async ({ tenant, domains, looks }: Actor, index: number): Promise<void> => {
          const kube = scheduled(server, s, `operator ${index} for t${tenant}`);
          const claims = new LocalCache<NameClaim>();
          const wanted: WantedClaim[] = domains.map((value) => ({ kind: "Domain", value }));
          for (let look = 0; look < looks; look += 1) {
            try {
              await operators[index]!(wanted, holderOf(tenant), { kube, claims });
              for (const { value } of wanted) told.push({ holder: holderOf(tenant).name, value });
              return;
            } catch (error) {
              if (!(error instanceof OperatorError) || error.name === "InternalError") throw error;
            }
          }
        };
        const watch = async (): Promise<void> => {
          const stop = new AbortController();
          const type = { apiVersion: "socle.dev/v1alpha1", kind: "NameClaim" };
          const events = server.watch(type, { resourceVersion: "1002", signal: stop.signal });
          void done.finally(() => {
            stop.abort();
          });
          for await (const _event of events) found.push(...clashes(server));
        };
        const done = Promise.all(all.map(act));
        const watched = watch();
        await s.waitFor(done);
        await watched;
        expect([...found, ...clashes(server)]).toEqual([]);
        const held = confirmedOn(server).map(({ spec }) => ({ holder: spec.holder.name, value: spec.value }));
        expect(held).toEqual(expect.arrayContaining(told));
      }),
      { numRuns: 1_000 },
    );
  });

  it("go to somebody: after everybody has drawn back, the first to ask alone gets what it wants", async () => {
    await fc.assert(
      fc.asyncProperty(actors, fc.scheduler(), async (all, s) => {
        const server = new InMemoryKubeApi({ types: socleResourceTypes });
        const attempt = async ({ tenant, domains }: Actor, index: number, kube: KubeApi): Promise<boolean> =>
          await operators[index]!(
            domains.slice(0, 1).map((value) => ({ kind: "Domain", value })),
            holderOf(tenant),
            { kube, claims: new LocalCache<NameClaim>() },
          ).then(
            () => true,
            () => false,
          );
        await s.waitFor(
          Promise.all(all.map((actor, index) => attempt(actor, index, scheduled(server, s, `${index}`)))),
        );
        const alone: boolean[] = [];
        for (const [index, actor] of all.entries()) alone.push(await attempt(actor, index, server));
        expect(clashes(server)).toEqual([]);
        expect(alone).toContain(true);
        expect(claimsOn(server)).toHaveLength(confirmedOn(server).length);
      }),
      { numRuns: 300 },
    );
  });
});
