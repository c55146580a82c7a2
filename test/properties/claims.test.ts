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
import { fc, runs } from "../support/fast-check.ts";
import { InMemoryKubeApi } from "../support/in-memory-kube-api.ts";

type ClaimNames = typeof claimNames;

/** What one process has under way is a variable of the module: each operator gets a module of its own, as it has a process of its own. */
async function claimNamesOf(operator: number): Promise<ClaimNames> {
  const path = `../../operator/reconcile/claim-names.ts?operator=${operator}`;
  return ((await import(/* @vite-ignore */ path)) as { claimNames: ClaimNames }).claimNames;
}

const operators = await Promise.all([1, 2, 3].map(claimNamesOf));

/** A look of an operator at one tenant, some times over. */
interface Actor {
  readonly operator: number;
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
    /** Fewer than there are tenants: then some are looked at by one operator at once. */
    many: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ wishes, tenants, looks, many }) =>
    tenants.map((each, index) => {
      const tenant = each % wishes.length;
      return { operator: index % many, tenant, domains: wishes[tenant] ?? [], looks };
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

/** Caches of three operators, each told of everything when the scheduler says so; or of nothing, so that lists are asked for. */
async function cachesOf(
  server: InMemoryKubeApi,
  s: fc.Scheduler,
  { followed, signal }: { readonly followed: boolean; readonly signal: AbortSignal },
): Promise<readonly LocalCache<NameClaim>[]> {
  const caches = operators.map(() => new LocalCache<NameClaim>());
  if (!followed) return caches;
  const type = { apiVersion: "socle.dev/v1alpha1", kind: "NameClaim" };
  const follow = async (cache: LocalCache<NameClaim>, resourceVersion: string, who: number): Promise<void> => {
    for await (const event of server.watch<NameClaim>(type, { resourceVersion, signal })) {
      await s.schedule(Promise.resolve(), `operator ${who} is told of a change`);
      if (event.type === "DELETED") cache.observeDelete(event.object);
      else if (event.type !== "BOOKMARK") cache.observe(event.object);
    }
  };
  for (const [who, cache] of caches.entries()) {
    const { items, resourceVersion } = await server.list<NameClaim>(type);
    cache.replace(items, resourceVersion);
    void follow(cache, resourceVersion, who);
  }
  return caches;
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
  it.each([
    ["that ask for lists", false],
    ["that follow what happens, each at its own pace", true],
  ])(
    "never have two holders, and whoever is told that a domain is its own holds it: operators %s",
    async (_, followed) => {
      await fc.assert(
        fc.asyncProperty(actors, fc.scheduler(), async (all, s) => {
          const found: string[] = [];
          const server: InMemoryKubeApi = new InMemoryKubeApi({ types: socleResourceTypes });
          /** Who was told so, and of what. */
          const told: { readonly holder: string; readonly value: string }[] = [];
          const stop = new AbortController();
          const caches = await cachesOf(server, s, { followed, signal: stop.signal });
          const act = async ({ operator, tenant, domains, looks }: Actor): Promise<void> => {
            const kube = scheduled(server, s, `operator ${operator} for t${tenant}`);
            const claims = followed ? caches[operator]! : new LocalCache<NameClaim>();
            const wanted: WantedClaim[] = domains.map((value) => ({ kind: "Domain", value }));
            for (let look = 0; look < looks; look += 1) {
              try {
                await operators[operator]!(wanted, holderOf(tenant), { kube, claims });
                for (const { value } of wanted) told.push({ holder: holderOf(tenant).name, value });
                return;
              } catch (error) {
                if (!(error instanceof OperatorError) || error.name === "InternalError") throw error;
              }
            }
          };
          const watch = async (): Promise<void> => {
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
        { numRuns: runs(1_000) },
      );
    },
  );

  it("go to somebody: after everybody has drawn back, the first to ask alone gets what it wants", async () => {
    await fc.assert(
      fc.asyncProperty(actors, fc.scheduler(), async (all, s) => {
        const server = new InMemoryKubeApi({ types: socleResourceTypes });
        const attempt = async ({ operator, tenant, domains }: Actor, kube: KubeApi): Promise<boolean> =>
          await operators[operator]!(
            domains.slice(0, 1).map((value) => ({ kind: "Domain", value })),
            holderOf(tenant),
            { kube, claims: new LocalCache<NameClaim>() },
          ).then(
            () => true,
            () => false,
          );
        await s.waitFor(Promise.all(all.map((actor, index) => attempt(actor, scheduled(server, s, `${index}`)))));
        const alone: boolean[] = [];
        for (const actor of all) alone.push(await attempt(actor, server));
        expect(clashes(server)).toEqual([]);
        expect(alone).toContain(true);
        expect(claimsOn(server)).toHaveLength(confirmedOn(server).length);
      }),
      { numRuns: runs(300) },
    );
  });
});
