import { describe, expect, it } from "vitest";
import { type ClientDesired, clientPlan, endClientPlan, webClient } from "./client-plan.ts";
import type { Representation } from "./keycloak-api.ts";

const desired: ClientDesired = {
  realm: "meteo",
  clientId: "synapse",
  marker: "ours",
  representation: webClient({
    name: "Messagerie",
    redirectUris: ["https://matrix.meteo.example/_synapse/client/oidc/callback"],
    postLogoutRedirectUris: ["https://chat.meteo.example/"],
    backchannelLogoutUrl: "https://matrix.meteo.example/_synapse/client/oidc/backchannel_logout",
  }),
};
const secret = "the-secret";

/** What the server keeps of what is sent to it, with fields of its own. */
function madeFrom(wanted: ClientDesired = desired, more: Representation = {}): Representation {
  const plan = clientPlan({ desired: wanted, observed: undefined, secret, adopt: false });
  const body = plan.kind === "plan" ? (plan.changes[0]?.body as Representation) : {};
  const attributes = { ...(body["attributes"] as Representation), "client.secret.creation.time": "1" };
  return { id: "f00d", surrogateAuthRequired: false, ...body, attributes, ...more };
}
const changesOf = (observed: Representation | undefined, adopt = false) => {
  const plan = clientPlan({ desired, observed, secret, adopt });
  if (plan.kind !== "plan") throw new Error(plan.message);
  return plan;
};

describe("a client of a web application", () => {
  it("may use one flow with PKCE, under exact addresses, and gets no wildcard", () => {
    const text = JSON.stringify(desired.representation);
    expect(text).not.toContain("*");
    expect(desired.representation).toMatchObject({
      publicClient: false,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
      attributes: { "pkce.code.challenge.method": "S256", "backchannel.logout.session.required": "true" },
    });
  });

  it("is asked for neither a challenge nor an ear for logouts where the application has none, and sends nobody anywhere", () => {
    const { attributes } = webClient({
      name: "Visio",
      redirectUris: ["https://v.example/oidc/tokenize"],
      pkce: "None",
    });
    expect(attributes).toEqual({ "post.logout.redirect.uris": "-" });
  });

  it("is made with its secret and our mark where there is none", () => {
    const [change, ...others] = changesOf(undefined).changes;
    expect(others).toEqual([]);
    expect(change).toMatchObject({ method: "POST", path: "/clients" });
    expect(change?.body).toMatchObject({ clientId: "synapse", secret, attributes: { "socle.dev/owner": "ours" } });
  });

  it("is left alone where it is as wanted", () => {
    expect(changesOf(madeFrom())).toEqual({ kind: "plan", changes: [], drift: [] });
  });

  it.each<[string, Representation]>([
    ["an address", { redirectUris: ["https://evil.example/*"] }],
    ["a flow", { directAccessGrantsEnabled: true }],
    ["the secret", { secret: "another" }],
    ["that it is enabled", { enabled: false }],
  ])("is put back where somebody changed %s, and no value is told", (_what, changed) => {
    const { changes, drift } = changesOf(madeFrom(desired, changed));
    expect(changes).toMatchObject([{ method: "PUT", path: "/clients/f00d" }]);
    expect(drift).toEqual([`clients.synapse.${Object.keys(changed)[0] ?? ""}`]);
    expect(JSON.stringify(drift)).not.toContain(secret);
  });

  it("keeps attributes of others when it is put back", () => {
    const [change] = changesOf(madeFrom(desired, { enabled: false })).changes;
    expect(change?.body).toMatchObject({ attributes: { "client.secret.creation.time": "1" } });
  });

  it("that follows a new wish is changed, and that is no drift", () => {
    const before = {
      ...desired,
      representation: { ...desired.representation, redirectUris: ["https://old.example/"] },
    };
    const { changes, drift } = changesOf(madeFrom(before));
    expect(changes).toHaveLength(1);
    expect(drift).toEqual([]);
  });

  it.each([
    ["somebody else's", { "socle.dev/owner": "theirs" }, true],
    ["nobody's", {}, false],
  ])("that is %s is refused", (_whose, attributes, adopt) => {
    const plan = clientPlan({ desired, observed: madeFrom(desired, { attributes }), secret, adopt });
    expect(plan).toMatchObject({ kind: "refused", reason: "NotOwned" });
  });

  it("that is nobody's is taken on adoption", () => {
    expect(changesOf(madeFrom(desired, { attributes: {} }), true).changes).toHaveLength(1);
  });

  it("goes at the end if it is ours, and only then", () => {
    expect(endClientPlan({ desired, observed: madeFrom() })).toMatchObject([
      { method: "DELETE", path: "/clients/f00d" },
    ]);
    const theirs = madeFrom(desired, { attributes: { "socle.dev/owner": "theirs" } });
    expect(endClientPlan({ desired, observed: theirs })).toEqual([]);
    expect(endClientPlan({ desired, observed: undefined })).toEqual([]);
  });
});
