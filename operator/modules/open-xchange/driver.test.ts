import { describe, expect, it } from "vitest";
import type { DesiredModule, ModuleAccess, ModuleInput } from "../driver.ts";
import { openXchangeDriver } from "./driver.ts";

interface Wish {
  readonly url?: string;
  readonly webHost?: string;
  readonly suite?: boolean;
  readonly realm?: boolean;
  readonly contextName?: string;
  readonly kept?: string;
  readonly mailQuota?: string;
  readonly seats?: number;
  readonly mailDomains?: readonly string[];
}

/** What the driver reads of a tenant, its modules and a region. */
function input(wish: Wish = {}): ModuleInput {
  const { url = "https://ox.example:8443/webservices", suite = true, contextName, mailQuota, kept, webHost } = wish;
  const openXchange = {
    ...(contextName === undefined ? {} : { contextName }),
    ...(mailQuota === undefined ? {} : { mailQuota }),
  };
  return {
    tenant: {
      metadata: { name: "meteo" },
      spec: { domain: "meteo.example", seats: wish.seats ?? 100, mailDomains: wish.mailDomains ?? ["agents.example"] },
    },
    module: {
      spec: { module: "OpenXchange", openXchange },
      status: kept === undefined ? {} : { resolved: { context: kept } },
    },
    region: {
      metadata: { name: "north" },
      spec: {
        keycloak: { url: "https://sso.example/" },
        ...(suite ? { openXchange: { url, ...(webHost === undefined ? {} : { webHost }) } } : {}),
      },
    },
    marker: "ours",
    siblings: wish.realm === false ? [] : [{ spec: { module: "Keycloak" } }],
  } as unknown as ModuleInput;
}

const desired = (wish: Wish = {}): DesiredModule => openXchangeDriver.desired(input(wish));

describe("the driver of the webmail", () => {
  it("needs a realm, and no database: the App Suite has its own", () => {
    expect(openXchangeDriver.requires({ module: "OpenXchange" } as never)).toEqual(["Keycloak"]);
  });

  it.each<[string, Wish, string | undefined, string | undefined]>([
    ["all is there", {}, undefined, undefined],
    ["the server is on this machine", { url: "http://127.0.0.1:8009/webservices" }, undefined, undefined],
    ["the realm is missing", { realm: false }, undefined, "Module Keycloak"],
    [
      "the region names no App Suite",
      { suite: false },
      undefined,
      "Region north names no App Suite; set spec.openXchange",
    ],
    [
      "the password would travel in clear",
      { url: "http://ox.example/webservices" },
      "InvalidSpec",
      "Region north: spec.openXchange.url http://ox.example/webservices is not https",
    ],
    [
      "the quota cannot be counted",
      { mailQuota: "9999999Ti" },
      "InvalidSpec",
      "openXchange.mailQuota 9999999Ti for 100 seats",
    ],
  ])("where %s says so", (_when, wish, reason, says) => {
    const gap = openXchangeDriver.gap(input(wish));
    expect(gap?.reason).toBe(reason);
    if (says === undefined) expect(gap).toBeUndefined();
    else expect(gap?.message).toContain(says);
  });

  it("claims its host and its context on that server", () => {
    expect(desired().claims).toEqual([
      { kind: "Hostname", value: "mail.meteo.example" },
      { kind: "Context", value: "ox.example:8443/meteo" },
    ]);
  });

  it.each<[string, Wish, string]>([
    ["the tenant's own", {}, "meteo"],
    ["what the spec says", { contextName: "agents" }, "agents"],
    ["what it was at first", { kept: "before" }, "before"],
  ])("calls the context %s", (_what, wish, name) => {
    expect(desired(wish).context?.desired.name).toBe(name);
    expect(desired(wish).resolved).toEqual({ context: name });
  });

  it("asks for a mailbox of space per seat, in MiB", () => {
    expect(desired().context?.desired.quotaMi).toBe(5 * 1024 * 100);
    expect(desired({ mailQuota: "512Mi", seats: 3 }).context?.desired.quotaMi).toBe(1536);
  });

  it("leads the mail domains of its people to the context, or the tenant's domain where there are none", () => {
    const { loginMappings, administrator } = desired({ mailDomains: ["a.example", "b.example"] }).context!.desired;
    expect(loginMappings).toEqual(["a.example", "b.example"]);
    expect(administrator).toEqual({ name: "oxadmin", email: "oxadmin@a.example" });
    expect(desired({ mailDomains: [] }).context?.desired.loginMappings).toEqual(["meteo.example"]);
  });

  it("has a client with exact addresses, without what the App Suite does not speak, and no Ingress", () => {
    const { client, application, url } = desired();
    expect(client?.desired).toMatchObject({ realm: "meteo", clientId: "openxchange", marker: "ours" });
    expect(client?.desired.representation).toMatchObject({
      redirectUris: ["https://mail.meteo.example/appsuite/api/oidc/auth"],
      attributes: { "post.logout.redirect.uris": "https://mail.meteo.example/appsuite/api/oidc/logout" },
    });
    expect(JSON.stringify(client?.desired.representation)).not.toMatch(/\*|pkce|backchannel/);
    expect([application, url]).toEqual([undefined, "https://mail.meteo.example"]);
  });

  it("keeps its secrets where neither pods nor people of the tenant read them, and none in desired state", () => {
    const { secrets } = desired();
    expect(secrets.map(({ name, place, random }) => [name, place, Object.keys(random)])).toEqual([
      ["openxchange-administrator", "data", ["password"]],
      ["openxchange-client", "data", ["clientSecret"]],
    ]);
  });
});

describe("the probe of the webmail", () => {
  const target = (over: Readonly<Record<string, string>> = {}, issuer = "https://sso.example/realms/meteo"): string => {
    const url = new URL(`${issuer}/protocol/openid-connect/auth`);
    const wanted = {
      client_id: "openxchange",
      redirect_uri: "https://mail.meteo.example/appsuite/api/oidc/auth",
      ...over,
    };
    for (const [key, value] of Object.entries(wanted)) url.searchParams.set(key, value);
    return url.href;
  };
  interface Seen {
    readonly context?: unknown;
    readonly login?: "ok" | "refused";
    readonly path?: { readonly status: number; readonly location: string | undefined };
  }
  const open = { id: 7, enabled: true };
  async function probed(seen: Seen, wish: Wish = {}) {
    const asked: unknown[] = [];
    const api = {
      observe: () => Promise.resolve("context" in seen ? seen.context : open),
      administratorLogin: (account: unknown) => {
        asked.push(account);
        return Promise.resolve({ kind: seen.login ?? "ok" });
      },
      loginPath: (at: unknown) => {
        asked.push(at);
        return Promise.resolve(seen.path ?? { status: 302, location: target() });
      },
    };
    const access = {
      openXchange: () => Promise.resolve(api),
      secret: () => Promise.resolve("a-password"),
    } as unknown as ModuleAccess;
    const result = await openXchangeDriver.probe(desired(wish), access, new AbortController().signal);
    return { ...result, asked };
  }

  it("asks as the administrator of the context, and at the server that people come to under the tenant's host", async () => {
    const { ok, message, asked } = await probed({}, { webHost: "web.ox.example" });
    expect([ok, message]).toEqual([
      true,
      "Context meteo is open, and https://mail.meteo.example leads logins to https://sso.example/realms/meteo.",
    ]);
    expect(asked).toEqual([
      { contextId: 7, username: "oxadmin", password: "a-password" },
      { server: "https://web.ox.example", host: "mail.meteo.example", issuer: "https://sso.example/realms/meteo" },
    ]);
    expect((await probed({})).asked[1]).toMatchObject({ server: "https://ox.example" });
  });

  it.each<[string, Seen, string]>([
    ["there is no context", { context: undefined }, "no context meteo any more"],
    ["it is closed", { context: { ...open, enabled: false } }, "is closed"],
    ["its administrator is refused", { login: "refused" }, "Secret openxchange-administrator"],
    [
      "nobody answers under the host",
      { path: { status: 0, location: undefined } },
      "does not answer under the name mail.meteo.example",
    ],
    ["logins lead nowhere", { path: { status: 403, location: undefined } }, "nowhere (HTTP 403)"],
    ["logins lead to what is no address", { path: { status: 302, location: "/login" } }, "elsewhere"],
    [
      "logins lead to another realm",
      { path: { status: 302, location: target({}, "https://sso.example/realms/meteo2") } },
      "elsewhere",
    ],
    [
      "logins lead to another server",
      { path: { status: 302, location: target({}, "https://sso.example.evil.example/realms/meteo") } },
      "elsewhere",
    ],
    [
      "logins come as another client",
      { path: { status: 302, location: target({ client_id: "other" }) } },
      "another client",
    ],
    [
      "people would come back elsewhere",
      { path: { status: 302, location: target({ redirect_uri: "https://evil.example/" }) } },
      "another address",
    ],
  ])("fails where %s, and says what", async (_when, seen, says) => {
    const { ok, message } = await probed(seen);
    expect(ok).toBe(false);
    expect(message).toContain(says);
    expect(message).not.toContain("a-password");
  });
});
