import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import {
  type Act,
  change,
  changeModule,
  hours,
  noticeOfErasure,
  onboard,
  platformWorld,
  play,
  remove,
} from "../support/in-memory-stories.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

type Modules = Tenant["spec"]["modules"];
const keycloak: Modules = [{ module: "Keycloak" }];
const withQuota = (mailQuota: string): Modules => [...keycloak, { module: "OpenXchange", openXchange: { mailQuota } }];
const webmail = withQuota("2Gi");
const host = "mail.ministere.suite.example";
const moduleRef: ObjectRef = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "openxchange" };
const regionRef: ObjectRef = { apiVersion, kind: "SovereignRegion", name: "region" };
const tenantRef: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const login = new URL("https://sso.example/realms/minagri/protocol/openid-connect/auth");
login.searchParams.set("client_id", "openxchange");
login.searchParams.set("redirect_uri", `https://${host}/appsuite/api/oidc/auth`);

/** The region gets an App Suite, which leads logins of one ministry to its realm, and holds the context of somebody else. */
const suite: Act = async (world) => {
  const { url, username, password } = world.appSuite.server;
  const encoded = (text: string): string => Buffer.from(text).toString("base64");
  const data = { username: encoded(username), password: encoded(password) };
  await world.kube.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "app-suite", namespace: "socle-system" },
    data,
  });
  const reference = { cidrs: ["10.0.0.9/32"], adminCredentialsSecretRef: { name: "app-suite" } };
  world.kube.edit<SovereignRegion & KubeObject>(regionRef, (region) => ({
    ...region,
    spec: { ...region.spec, openXchange: { url, mailHost: "mx.example", ...reference } },
  }));
  world.appSuite.addContext("foreign", { marker: "theirs" });
  world.appSuite.loginPath = (server, asked) =>
    server === "https://appsuite.test" && asked === host
      ? { status: 302, location: login.href }
      : { status: 403, location: undefined };
};

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, [suite, ...acts]);
  return world;
}

async function conditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
  const told = (module?.status?.conditions ?? []).map(({ type, status, reason, message }) => [
    type,
    `${status} ${reason}: ${message}`,
  ]);
  return Object.fromEntries(told) as Record<string, string>;
}

const context = (world: InMemoryWorld) => world.appSuite.contexts.get("minagri");

describe("a region with an App Suite", () => {
  const reachable = async (world: InMemoryWorld): Promise<string> => {
    const region = await world.kube.get<SovereignRegion & KubeObject>(regionRef);
    const told = region?.status?.conditions?.find(({ type }) => type === "Reachable");
    return `${told?.status ?? ""} ${told?.reason ?? ""}: ${told?.message ?? ""}`;
  };

  it("is Reachable when its master administrator gets an answer", async () => {
    const world = await after([]);
    expect(await reachable(world)).toMatch(/^True .*the App Suite at https:\/\/appsuite\.test\/webservices answered/);
  });

  it("is not while the Secret holds another password, and says where to look", async () => {
    const world = await after([]);
    world.kube.edit<KubeObject & { data: Record<string, string> }>(
      { apiVersion: "v1", kind: "Secret", namespace: "socle-system", name: "app-suite" },
      (secret) => ({ ...secret, data: { ...secret.data, password: Buffer.from("wrong").toString("base64") } }),
    );
    await expect(play(world, [hours(1)])).rejects.toThrow("Never rests: region region");
    expect(await reachable(world)).toMatch(/^Unknown PermissionMissing: .*spec\.openXchange/);
  });
});

describe("the webmail of a tenant", () => {
  it("is Ready with a context, its administrator and a client of its own, once logins are led to its realm", async () => {
    const world = await after([onboard(webmail)]);
    expect(await conditions(world)).toMatchObject({
      Ready: expect.stringMatching(/^True/),
      Owned: expect.stringMatching(/^True/),
      SSOReady: expect.stringMatching(/^True/),
      WorkloadAvailable: "True Succeeded: Context minagri exists on appsuite.test.",
      EndpointReachable: expect.stringMatching(/^True .*leads logins to https:\/\/sso\.example\/realms\/minagri/),
    });
    expect(await conditions(world)).not.toHaveProperty("Published");
    expect(context(world)).toMatchObject({
      enabled: true,
      loginMappings: ["ministere.example"],
      quotaMi: 2048 * 50,
      administrator: { name: "oxadmin", password: expect.stringMatching(/^[\w-]{40}$/) },
    });
    expect(world.keycloak.namesOf("minagri", "clients")).toContain("openxchange");
    const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
    expect(module?.status).toMatchObject({
      url: `https://${host}`,
      external: [{ kind: "Context", name: "minagri", server: "appsuite.test" }],
      resolved: { context: "minagri" },
    });
    expect(world.sins).toEqual([]);
  });

  it("lists the records that lead people and mail there, in the status and in the ministry's own ConfigMap", async () => {
    const world = await after([onboard(webmail)]);
    const tenant = await world.kube.get<Tenant & KubeObject>(tenantRef);
    expect(tenant?.status?.dnsRecords).toContainEqual({ name: host, type: "CNAME", value: "appsuite.test." });
    expect(tenant?.status?.dnsRecords).toContainEqual({
      name: "ministere.example",
      type: "MX",
      value: "10 mx.example.",
    });
    const mirror: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "t-minagri", name: "socle-tenant" };
    const live = await world.kube.get<KubeObject & { data: Record<string, string> }>(mirror);
    expect(JSON.parse(live?.data["dnsRecords"] ?? "")).toEqual(tenant?.status?.dnsRecords);
  });

  it("has no context before its client is in the realm", async () => {
    const world = await after([]);
    world.setFaults(() => undefined);
    await play(world, [onboard(webmail)]);
    const writes = world.calls.filter((call) => call.writes);
    const client = writes.findIndex(({ port, target }) => port === "keycloak" && target === "sub-resource minagri");
    const made = writes.findIndex(({ port }) => port === "openxchange");
    expect(client).toBeGreaterThanOrEqual(0);
    expect(made).toBeGreaterThan(client);
  });

  it("is not Ready while the App Suite leads logins elsewhere, and says what to set up", async () => {
    const world = await after([]);
    world.appSuite.loginPath = () => ({ status: 302, location: "https://elsewhere.example/login" });
    await expect(play(world, [onboard(webmail)])).rejects.toThrow("Never rests: module t-minagri/openxchange");
    expect((await conditions(world))["EndpointReachable"]).toMatch(/^False ProbeFailed: .*openxchange-client/);
    expect((await conditions(world))["Ready"]).toMatch(/^False/);
  });

  it("gets more space with more seats and a larger quota: no drift, and the same context", async () => {
    const world = await after([onboard(webmail)]);
    const before = context(world)?.administrator.password;
    await play(world, [change((spec) => ({ ...spec, seats: 100, modules: withQuota("4Gi") }))]);
    expect(context(world)).toMatchObject({ quotaMi: 4096 * 100, administrator: { password: before } });
    expect((await conditions(world))["DriftFree"]).toMatch(/^True Succeeded/);
  });

  it("finds a change by hand at the next look and puts it back, or leaves it where only reporting is asked", async () => {
    const world = await after([onboard(webmail)]);
    const byHand = (): void => void Object.assign(context(world) ?? {}, { quotaMi: 1 });
    byHand();
    await world.pass(7 * hourMs);
    expect(context(world)?.quotaMi).toBe(2048 * 50);
    expect(world.events.map(({ note }) => note)).toContain("Put back: contexts.minagri.maxQuota");
    await play(world, [changeModule("OpenXchange", { driftPolicy: "Report" })]);
    byHand();
    await world.pass(7 * hourMs);
    expect(context(world)?.quotaMi).toBe(1);
    expect((await conditions(world))["DriftFree"]).toMatch(/^False DriftFound/);
  });

  it("never touches a context of that name that somebody else marked", async () => {
    const world = await after([]);
    world.appSuite.addContext("minagri", { marker: "theirs", quotaMi: 3 });
    const before = structuredClone(context(world));
    await play(world, [onboard(webmail)]);
    expect((await conditions(world))["WorkloadAvailable"]).toMatch(/^False NotOwned/);
    await play(world, [noticeOfErasure, remove, hours(2)]);
    expect(context(world)).toEqual(before);
  });

  it("makes nothing where it is only observed", async () => {
    const observed: Modules = [...keycloak, { module: "OpenXchange", managementPolicy: "Observe" }];
    const world = await after([onboard(observed)]);
    expect(context(world)).toBeUndefined();
    expect((await conditions(world))["WorkloadAvailable"]).toMatch(/^False DependencyMissing: .*no context minagri/);
  });

  it("that is removed alone is closed and kept, and opens with its administrator when it returns", async () => {
    const world = await after([onboard(webmail)]);
    const before = structuredClone(context(world));
    await play(world, [change((spec) => ({ ...spec, modules: keycloak }))]);
    expect(context(world)).toEqual({ ...before, enabled: false });
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("openxchange");
    await play(world, [change((spec) => ({ ...spec, modules: webmail }))]);
    expect(context(world)).toEqual(before);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("leaves nothing after its erasure, and frees the name", async () => {
    const world = await after([onboard(webmail), noticeOfErasure, remove, hours(2)]);
    expect([...world.appSuite.contexts.keys()]).toEqual(["foreign"]);
    const claims = world.kube.objects().filter(({ kind }) => kind === "NameClaim");
    const kinds = claims.map((claim) => (claim["spec"] as { readonly kind: string }).kind);
    expect(kinds).not.toContain("Context");
  });

  it("waits for an App Suite that does not answer, and keeps its end open until it does", async () => {
    const world = await after([onboard(webmail), noticeOfErasure]);
    world.appSuite.running = false;
    await expect(play(world, [remove, hours(2)])).rejects.toThrow("Never rests");
    expect(await world.kube.get(moduleRef)).toBeDefined();
    world.appSuite.running = true;
    await world.pass(2 * hourMs);
    expect(await world.kube.get(moduleRef)).toBeUndefined();
    expect(context(world)).toBeUndefined();
  });

  it.each<[string, readonly Act[]]>([
    ["comes to life", [onboard(webmail)]],
    ["is removed alone", [onboard(webmail), change((spec) => ({ ...spec, modules: keycloak }))]],
    ["is erased", [onboard(webmail), noticeOfErasure, remove, hours(2)]],
  ])("%s the same whatever call the operator dies at, and makes and removes nothing twice", async (_name, acts) => {
    const story = { name: "webmail", before: [suite], acts };
    const undisturbed = await told(story);
    expect(undisturbed.ending.sins).toEqual([]);
    const mine = undisturbed.calls.flatMap((call, at) => (call.port === "openxchange" ? [at] : []));
    expect(mine.length).toBeGreaterThan(2);
    for (const at of mine) {
      for (const death of ["killed before", "killed after"] as const) {
        const { ending } = await told(story, (index) => (index === at ? death : undefined));
        expectSame(ending, undisturbed.ending, `${death} call ${at}`);
      }
    }
  });

  it("rests: in an hour nothing is written, and it is asked no more often than its probe comes round", async () => {
    const world = await after([onboard(webmail)]);
    world.setFaults(() => undefined);
    await world.pass(hourMs);
    expect(world.calls.filter(({ writes }) => writes)).toEqual([]);
    expect(world.calls.filter(({ verb }) => verb === "loginPath").length).toBeLessThanOrEqual(1);
  });
});
