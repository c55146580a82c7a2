import { describe, expect, it } from "vitest";
import type { DesiredModule, ModuleAccess } from "../driver.ts";
import { probeHomeserver } from "./probe.ts";

const desired = {
  url: "https://chat.meteo.example",
  endpoints: [{ name: "homeserver", url: "https://matrix.meteo.example" }],
  application: { workload: { awaits: [{ namespace: "t-meteo-apps" }] } },
} as unknown as DesiredModule;

const sso = { type: "m.login.sso", identity_providers: [{ id: "oidc-realm" }] };
const fine: Readonly<Record<string, unknown>> = {
  "/_matrix/client/versions": { versions: ["v1.11"] },
  "/_matrix/client/v3/login": { flows: [sso, { type: "m.login.token" }] },
  "/.well-known/matrix/client": { "m.homeserver": { base_url: "https://matrix.meteo.example/" } },
  "/config.json": { default_server_config: { "m.homeserver": { base_url: "https://matrix.meteo.example" } } },
};

function accessTo(bodies: Readonly<Record<string, unknown>>): ModuleAccess {
  const get = (url: string) => {
    const server = url.endsWith("/config.json") ? "web-client.t-meteo-apps.svc:8080" : "synapse.t-meteo-apps.svc:8008";
    expect(new URL(url).host).toBe(server);
    const { pathname } = new URL(url);
    return Promise.resolve(
      pathname in bodies ? { status: 200, body: bodies[pathname] } : { status: 0, body: undefined },
    );
  };
  return { get } as unknown as ModuleAccess;
}

const probe = (bodies: Readonly<Record<string, unknown>>) =>
  probeHomeserver(desired, accessTo(bodies), AbortSignal.timeout(1_000));

describe("a homeserver", () => {
  it("works when it speaks Matrix, offers login by the realm alone and knows its own address", async () => {
    expect(await probe(fine)).toMatchObject({ ok: true });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["nobody answers", {}, "does not answer"],
    ["something else answers", { ...fine, "/_matrix/client/versions": "<html>" }, "which versions"],
    ["nobody can log in", { ...fine, "/_matrix/client/v3/login": { flows: [] } }, "does not offer login by the realm"],
    [
      "passwords work",
      { ...fine, "/_matrix/client/v3/login": { flows: [sso, { type: "m.login.password" }] } },
      "offers login by password",
    ],
    [
      "it calls itself something else",
      { ...fine, "/.well-known/matrix/client": { "m.homeserver": { base_url: "https://matrix.other.example/" } } },
      "not https://matrix.meteo.example",
    ],
    [
      "its web client leads elsewhere",
      { ...fine, "/config.json": {} },
      "does not lead to https://matrix.meteo.example",
    ],
    ["it says nothing of itself", { ...fine, "/.well-known/matrix/client": undefined }, "nowhere"],
  ])("does not work when %s", async (_why, bodies, says) => {
    const result = await probe(bodies);
    expect(result.ok).toBe(false);
    expect(result.message).toContain(says);
  });
});
