import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { TenantIdentityProvider } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import type { ProviderAnswer } from "../../operator/systems/provider-web.ts";
import { type Act, hours, onboard, platformWorld, play } from "../support/in-memory-stories.ts";
import { type FaultOf, type InMemoryWorld, type PortCall, type Snapshot } from "../support/in-memory-world.ts";

const namespace = "t-minagri";
const issuer = "https://fca.example/api/v2";
const discovery = `${issuer}/.well-known/openid-configuration`;
const secretOfProvider = "the-secret-of-the-provider";
const ref: ObjectRef = { apiVersion, kind: "TenantIdentityProvider", namespace, name: "proconnect" };
const secretRef: ObjectRef = { apiVersion: "v1", kind: "Secret", namespace, name: "proconnect" };
const modules: Tenant["spec"]["modules"] = [{ module: "Keycloak" }];

/** A provider that knows one client by one secret, answering as OpenID Connect Discovery and RFC 6749 say. */
const provider = (url: string, form?: Readonly<Record<string, string>>): ProviderAnswer => {
  if (url === discovery)
    return {
      status: 200,
      text: JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        end_session_endpoint: `${issuer}/session/end`,
      }),
    };
  if (url !== `${issuer}/token`) return { status: 404, text: "" };
  const error = form?.["client_secret"] === secretOfProvider ? "invalid_grant" : "invalid_client";
  return { status: error === "invalid_client" ? 401 : 400, text: JSON.stringify({ error }) };
};

const theProvider: Act = (world) => {
  world.providers = provider;
};
const handIn =
  (clientSecret = secretOfProvider): Act =>
  async (world) => {
    const data = { clientSecret: Buffer.from(clientSecret).toString("base64") };
    const { name } = secretRef;
    await world.kube.apply(
      { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data },
      { fieldManager: "people", force: true },
    );
  };
const ask =
  (more: Readonly<Record<string, unknown>> = {}, name = "proconnect"): Act =>
  async (world) => {
    const proConnect = {
      environment: "Custom",
      discoveryURL: discovery,
      clientID: "socle",
      clientSecretRef: { name: "proconnect", key: "clientSecret" },
    };
    const spec = { tenantRef: { name: "minagri" }, alias: "proconnect", protocol: "ProConnect", proConnect, ...more };
    await world.kube.apply(
      { apiVersion, kind: "TenantIdentityProvider", metadata: { name, namespace }, spec },
      { fieldManager: "people", force: true },
    );
  };

async function live(world: InMemoryWorld, name = "proconnect"): Promise<TenantIdentityProvider> {
  const found = await world.kube.get<TenantIdentityProvider & KubeObject>({ ...ref, name });
  if (found === undefined) throw new Error(`There is no provider ${name}.`);
  return found;
}

async function conditions(world: InMemoryWorld, name?: string): Promise<Readonly<Record<string, string>>> {
  const { status } = await live(world, name);
  return Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
  );
}

async function message(world: InMemoryWorld, type: string, name?: string): Promise<string> {
  const { status } = await live(world, name);
  return status?.conditions?.find((condition) => condition.type === type)?.message ?? "";
}

interface ShownBroker {
  readonly alias: string;
  readonly enabled: boolean;
  readonly config: Readonly<Record<string, string>>;
}

async function brokers(world: InMemoryWorld): Promise<readonly ShownBroker[]> {
  const observed = await world.keycloak.observeRealm(world.keycloak.platform, "minagri");
  return (observed?.representation["identityProviders"] ?? []) as readonly ShownBroker[];
}

const confirm: Act = async (world) => {
  const { status } = await live(world);
  await ask({ confirmedRegistration: status?.registration?.digest ?? "" })(world);
};
const configured: readonly Act[] = [onboard(modules), theProvider, handIn(), ask()];
const ready: readonly Act[] = [...configured, confirm];

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

describe("an identity provider of a tenant", () => {
  it("is configured, and nobody is sent there before a person confirmed its registration", async () => {
    const world = await after(configured);
    expect(await conditions(world)).toMatchObject({
      DomainsAdmitted: "True Succeeded",
      Configured: "True Succeeded",
      RegistrationConfirmed: "False AwaitingConfirmation",
      Ready: "False AwaitingConfirmation",
    });
    const { registration } = (await live(world)).status ?? {};
    expect(registration?.redirectURIs).toEqual(["https://sso.example/realms/minagri/broker/proconnect/endpoint"]);
    expect(await message(world, "RegistrationConfirmed")).toContain(registration?.digest);
    expect(await brokers(world)).toMatchObject([{ alias: "proconnect", enabled: false }]);
  });

  it("is Ready, and on, when the digest was repeated; off again when it is another", async () => {
    const world = await after(ready);
    expect(await conditions(world)).toMatchObject({ Ready: "True Succeeded" });
    expect(await brokers(world)).toMatchObject([{ enabled: true }]);
    expect(world.keycloak.brokerSecretOf("minagri", "proconnect")).toBe(secretOfProvider);
    await play(world, [ask({ confirmedRegistration: "0".repeat(64) })]);
    expect(await conditions(world)).toMatchObject({ Ready: "False AwaitingConfirmation" });
    expect(await brokers(world)).toMatchObject([{ enabled: false }]);
  });

  it("leaves no secret in any object, event or export", async () => {
    const world = await after(ready);
    const { objects } = await world.snapshot();
    const others = Object.entries(objects).filter(([name]) => !name.startsWith("Secret "));
    const told = JSON.stringify([others, world.events, await brokers(world)]);
    expect(told).not.toContain(secretOfProvider);
  });

  it("rests: an hour later nobody was asked anything", async () => {
    const world = await after(ready);
    world.setFaults(() => undefined);
    await play(world, [hours(1)]);
    expect(world.calls.filter(({ port }) => port === "kube")).toEqual([]);
    expect(world.calls.filter(({ verb }) => verb === "observeRealm" || verb === "execute")).toEqual([]);
  });

  it("takes a secret that was handed in anew, and needs no telling", async () => {
    const world = await after(ready);
    world.providers = (url, form) => {
      const answer = provider(url, form);
      return form?.["client_secret"] === "second" ? { status: 400, text: '{"error":"invalid_grant"}' } : answer;
    };
    await play(world, [handIn("second")]);
    expect(world.keycloak.brokerSecretOf("minagri", "proconnect")).toBe("second");
    expect(await conditions(world)).toMatchObject({ Ready: "True Succeeded" });
  });

  it("waits for a Secret that is not there, and goes on when it comes", async () => {
    const world = await after([onboard(modules), theProvider, ask()]);
    expect(await conditions(world)).toMatchObject({ Configured: "False DependencyMissing" });
    expect(await message(world, "Configured")).toContain(`Secret ${namespace}/proconnect with key clientSecret`);
    await play(world, [handIn()]);
    expect(await conditions(world)).toMatchObject({ Configured: "True Succeeded" });
  });

  it("tells what the provider says of a wrong secret, without the secret, and puts nothing into the realm", async () => {
    const world = await after([onboard(modules), theProvider, handIn("wrong-secret"), ask()]);
    expect(await conditions(world)).toMatchObject({ Configured: "False PermissionMissing" });
    const text = await message(world, "Configured");
    expect(text).toContain("invalid_client, HTTP 401");
    expect(text).toContain(`Secret ${namespace}/proconnect`);
    expect(text).not.toContain("wrong-secret");
    expect(await brokers(world)).toEqual([]);
  });

  it.each<[string, ProviderAnswer, string, string]>([
    [
      "answers with a page",
      { status: 200, text: "<html>Maintenance</html>" },
      "False InvalidSpec",
      "no discovery document",
    ],
    ["leads elsewhere", { status: 302, text: "" }, "False InvalidSpec", "redirects are not followed"],
    ["knows no such address", { status: 404, text: "" }, "False InvalidSpec", "answered 404"],
  ])("whose provider %s is not configured, and says so", async (_what, answer, condition, words) => {
    const world = await after([onboard(modules), handIn(), ask()]);
    world.providers = () => answer;
    await play(world, [ask({ linkExistingAccounts: "ByVerifiedEmail" })]);
    expect(await conditions(world)).toMatchObject({ Configured: condition });
    expect(await message(world, "Configured")).toContain(words);
    expect(await brokers(world)).toEqual([]);
  });

  it("whose provider is broken is asked again until it answers", async () => {
    const world = await after([onboard(modules), handIn()]);
    let left = 5;
    world.providers = (url, form) => (left-- > 0 ? { status: 503, text: "" } : provider(url, form));
    await play(world, [ask()]);
    expect(left).toBeLessThan(0);
    expect(await conditions(world)).toMatchObject({ Configured: "True Succeeded" });
  });

  it("that is not the tenant's to ask for is refused: a domain of others, an alias of another", async () => {
    const foreign = await after([onboard(modules), theProvider, handIn(), ask({ domains: ["elsewhere.example"] })]);
    expect(await conditions(foreign)).toMatchObject({ DomainsAdmitted: "False InvalidSpec" });
    expect(await message(foreign, "DomainsAdmitted")).toContain("elsewhere.example");
    expect(await brokers(foreign)).toEqual([]);
    const second = await after([...ready, ask({}, "second")]);
    expect(await conditions(second, "second")).toMatchObject({ DomainsAdmitted: "False NameTaken" });
    expect(await conditions(second)).toMatchObject({ Ready: "True Succeeded" });
  });

  it("of a realm that has one by hand is left alone", async () => {
    const world = await after([onboard(modules)]);
    const body = { alias: "proconnect", providerId: "oidc", enabled: true, config: { clientId: "by-hand" } };
    const change = {
      kind: "sub-resource",
      method: "POST",
      path: "/identity-provider/instances",
      body,
      fields: [],
      why: "by hand",
    } as const;
    await world.keycloak.execute({ account: world.keycloak.platform, realm: "minagri", change });
    await play(world, [theProvider, handIn(), ask()]);
    expect(await conditions(world)).toMatchObject({ Configured: "False NotOwned" });
    expect(await brokers(world)).toMatchObject([{ enabled: true, config: { clientId: "by-hand" } }]);
  });

  it("that is deleted shuts the way in and keeps who is who; its return opens it again", async () => {
    const world = await after(ready);
    const { metadata, spec } = await live(world);
    await world.kube.delete(ref, { uid: metadata.uid });
    await world.settle();
    expect(await world.kube.get(ref)).toBeUndefined();
    expect(await brokers(world)).toMatchObject([{ alias: "proconnect", enabled: false }]);
    expect(world.keycloak.brokerSecretOf("minagri", "proconnect")).toBeUndefined();
    await play(world, [ask({ confirmedRegistration: spec.confirmedRegistration ?? "" })]);
    expect(await conditions(world)).toMatchObject({ Ready: "True Succeeded" });
    expect(await brokers(world)).toMatchObject([{ enabled: true }]);
    expect(world.keycloak.brokerSecretOf("minagri", "proconnect")).toBe(secretOfProvider);
  });

  it("that is deleted while the server of its realm is away stays until it is back, and says so", async () => {
    const world = await after(ready);
    const { metadata } = await live(world);
    const said: string[] = [];
    let asked = 0;
    world.setFaults((_index, { port, verb, target }) => {
      if (port === "keycloak") asked += 1;
      if (asked > 6) world.keycloak.unreachable = false;
      if (verb === "apply" && target === "TenantIdentityProvider proconnect") said.push(target);
      return undefined;
    });
    world.keycloak.unreachable = true;
    await world.kube.delete(ref, { uid: metadata.uid });
    await world.settle();
    expect(said.length).toBeGreaterThan(0);
    expect(await world.kube.get(ref)).toBeUndefined();
    expect(await brokers(world)).toMatchObject([{ enabled: false }]);
  });

  it("that somebody changed in the realm is put back at the next look, and people are told", async () => {
    const world = await after(ready);
    const [broker] = await brokers(world);
    const body = { ...broker, config: { ...broker?.config, validateSignature: "false" } };
    const path = "/identity-provider/instances/proconnect";
    const change = { kind: "sub-resource", method: "PUT", path, body, fields: [], why: "by hand" } as const;
    await world.keycloak.execute({ account: world.keycloak.platform, realm: "minagri", change });
    await play(world, [hours(7)]);
    expect((await brokers(world))[0]?.config["validateSignature"]).toBe("true");
    expect(world.events.map(({ reason, note }) => `${reason} ${note}`).join("\n")).toContain(
      "DriftCorrected Put back: identityProviders.proconnect.config.validateSignature",
    );
  });
});

describe("whenever the operator dies", () => {
  const acts = [theProvider, handIn(), ask(), confirm];
  const told = async (
    faultOf: FaultOf,
  ): Promise<{ readonly snapshot: Snapshot; readonly calls: readonly PortCall[] }> => {
    const world = await after([onboard(modules)]);
    world.setFaults(faultOf);
    await play(world, acts);
    expect(world.sins).toEqual([]);
    return { snapshot: await world.snapshot(), calls: [...world.calls] };
  };

  it("a provider ends as if it had not", async () => {
    const { snapshot, calls } = await told(() => undefined);
    for (const [index, call] of calls.entries()) {
      for (const fault of ["killed before", "killed after"] as const) {
        const again = await told((at) => (at === index ? fault : undefined));
        expect(again.snapshot, `${fault} ${call.port} ${call.verb} ${call.target}`).toEqual(snapshot);
      }
    }
  });
});
