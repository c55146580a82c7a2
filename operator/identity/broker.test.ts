import { describe, expect, it } from "vitest";
import { tenantIdentityProviderSpec } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { brokerFlows, type Linking, refusals } from "./broker-flows.ts";
import { openIdBroker, proConnectBroker, samlBroker } from "./broker.ts";
import { registrationOf } from "./registration.ts";

const provider = {
  issuer: "https://fca.example/api/v2",
  authorizationEndpoint: "https://fca.example/api/v2/authorize",
  tokenEndpoint: "https://fca.example/api/v2/token",
  userInfoEndpoint: "https://fca.example/api/v2/userinfo",
  jwksUri: "https://fca.example/api/v2/jwks",
  endSessionEndpoint: "https://fca.example/api/v2/session/end",
};
const specOf = (more: object) =>
  tenantIdentityProviderSpec.parse({ tenantRef: { name: "meteo" }, alias: "proconnect", ...more });
const proConnectSpec = specOf({
  protocol: "ProConnect",
  proConnect: { environment: "Integration", clientID: "id", clientSecretRef: { name: "s", key: "k" } },
});
const shared = { realm: "meteo", marker: "ours", enabled: true, secretVersion: "1", provider };
const proConnect = (spec = proConnectSpec, enabled = true) =>
  proConnectBroker({ ...shared, spec, enabled, admission: { sirens: ["110014016"], sirets: [] } });

describe("ProConnect in a realm", () => {
  it("verifies every signature by the provider's keys, and proves each login with PKCE", () => {
    expect(proConnect().config).toMatchObject({
      validateSignature: "true",
      useJwksUrl: "true",
      jwksUrl: provider.jwksUri,
      pkceEnabled: "true",
      pkceMethod: "S256",
      disableUserInfo: "false",
      clientAuthMethod: "client_secret_post",
      logoutUrl: provider.endSessionEndpoint,
    });
  });

  it("sends nothing that the provider would refuse", () => {
    const { config } = proConnect();
    expect(config).toMatchObject({ uiLocales: "false", loginHint: "false", passMaxAge: "false" });
    expect(config["defaultScope"]).toBe("openid given_name usual_name email uid siret idp_id");
    expect([...new URL(config["authorizationUrl"] ?? "").searchParams.keys()]).toEqual(["claims"]);
  });

  it("lets no level in that is lower than the one asked for", () => {
    expect(proConnect().config).toMatchObject({
      filteredByClaim: "true",
      claimFilterName: "acr",
      claimFilterValue: "eidas1|eidas1-mfa|eidas2|eidas3",
    });
  });

  it("copies the name that agents use as their last name", () => {
    expect(proConnect().mappers.map(({ config }) => [config["claim"], config["user.attribute"]])).toContainEqual([
      "usual_name",
      "lastName",
    ]);
  });

  it("sends nobody there before a person confirmed that it knows us", () => {
    expect(proConnect(proConnectSpec, false).fields).toMatchObject({ enabled: false });
    expect(proConnect().fields).toMatchObject({ enabled: true });
  });

  it("vouches for addresses of its domains only, where it has some", () => {
    const patterns = (spec: typeof proConnectSpec): readonly RegExp[] =>
      (proConnect(spec).gate?.attributes ?? [])
        .map(({ validations }) => (validations as { pattern: { pattern: string } }).pattern.pattern)
        .map((pattern) => new RegExp(pattern));
    expect(patterns(proConnectSpec)).toHaveLength(1);
    const [, address] = patterns({ ...proConnectSpec, domains: ["meteo.example", "climat.example"] });
    for (const good of ["a@meteo.example", "A.B@METEO.example", "x@climat.example"])
      expect(address?.test(good)).toBe(true);
    for (const bad of [
      "a@other.example",
      "a@meteo.example.evil.example",
      "a@xmeteo.example",
      "a@meteoxexample",
      "@meteo.example",
      "a@b@meteo.example",
    ])
      expect(address?.test(bad), bad).toBe(false);
  });

  it("holds no secret", () => {
    expect(JSON.stringify(proConnect())).not.toMatch(/clientSecret"/);
  });
});

describe("other providers", () => {
  it("are not believed about addresses: an account is linked by whoever knows its password", () => {
    const oidc = specOf({
      protocol: "OIDC",
      oidc: { issuer: provider.issuer, clientID: "id", clientSecretRef: { name: "s", key: "k" } },
      linkExistingAccounts: "ByVerifiedEmail",
    });
    const broker = openIdBroker({ ...shared, spec: oidc });
    expect(broker.fields).toMatchObject({ trustEmail: false });
    expect(JSON.stringify(broker.flows)).toContain("idp-username-password-form");
    expect(JSON.stringify(broker.flows)).not.toContain("idp-auto-link");
  });
});

describe("a SAML provider in a realm", () => {
  const spec = specOf({ protocol: "SAML", saml: { metadataURL: "https://idp.example/metadata" } });
  const metadata = {
    idpEntityId: "urn:idp",
    singleSignOnServiceUrl: "https://idp.example/sso",
    signingCertificate: "MIIB",
    validateSignature: "false",
    wantAssertionsSigned: "false",
    artifactResolutionServiceUrl: "https://169.254.169.254/",
    metadataDescriptorUrl: "https://169.254.169.254/",
  };
  const saml = (more: Readonly<Record<string, string>> = {}) =>
    samlBroker({ realm: "meteo", marker: "ours", enabled: true, spec, metadata: { ...metadata, ...more } });

  it("brings what its metadata say of its certificate and addresses, and nothing that switches a check off", () => {
    const { config, providerId } = saml();
    expect(providerId).toBe("saml");
    expect(config).toMatchObject({
      idpEntityId: "urn:idp",
      signingCertificate: "MIIB",
      validateSignature: "true",
      wantAssertionsSigned: "true",
    });
    expect(JSON.stringify(config)).not.toContain("169.254");
  });

  it("is asked for a name of each agent that lasts, since the server takes none that is another each time", () => {
    const format = (name: string): string => `urn:oasis:names:tc:SAML:2.0:nameid-format:${name}`;
    expect(saml({ nameIDPolicyFormat: format("transient") }).config["nameIDPolicyFormat"]).toBe(format("persistent"));
    expect(saml().config["nameIDPolicyFormat"]).toBe(format("persistent"));
    const address = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    expect(saml({ nameIDPolicyFormat: address }).config["nameIDPolicyFormat"]).toBe(address);
  });

  it("is sent nobody to log out where its metadata no longer name an address for it", () => {
    const singleLogoutServiceUrl = "https://idp.example/slo";
    expect(saml({ singleLogoutServiceUrl }).config).toMatchObject({ singleLogoutServiceUrl });
    expect(saml().config).toMatchObject({ singleLogoutServiceUrl: "" });
  });

  it("names accounts by the address that they had when they were made", () => {
    const username = saml().mappers.find(({ name }) => name === "socle-username");
    expect(username?.config).toEqual({ syncMode: "IMPORT", target: "LOCAL", template: "${ATTRIBUTE.mail}" });
  });
});

describe("the first login through a provider", () => {
  it.each<[Linking, string, string]>([
    ["Never", refusals.accountExists, "idp-auto-link"],
    ["TrustedAddress", "idp-auto-link", "deny-access-authenticator"],
    ["OwnPassword", "idp-username-password-form", "idp-auto-link"],
  ])("with linking %s does %s and never %s", (linking, does, never) => {
    const text = JSON.stringify(brokerFlows({ alias: "a", linking, rules: [] }));
    expect(text).toContain("idp-create-user-if-unique");
    expect(text).toContain(does);
    expect(text).not.toContain(never);
  });

  it("shares no flow with another provider, whatever the aliases are", () => {
    const names = ["x", "x-2", "x-first-login"].flatMap((alias) =>
      brokerFlows({ alias, linking: "Never", rules: [{ attribute: "siret", pattern: "1" }] }).flatMap((flow) => [
        flow.alias,
        `${flow.alias}-2`,
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("what is registered at a provider", () => {
  const registration = registrationOf("https://sso.example/realms/meteo", {
    alias: "proconnect",
    protocol: "ProConnect",
  });

  it("is exact, without a wildcard", () => {
    expect(registration).toMatchObject({
      redirectURIs: ["https://sso.example/realms/meteo/broker/proconnect/endpoint"],
      postLogoutRedirectURIs: ["https://sso.example/realms/meteo/broker/proconnect/endpoint/logout_response"],
    });
  });

  it("has one address for everything that a SAML provider sends", () => {
    const saml = registrationOf("https://sso.example/realms/meteo", { alias: "federation", protocol: "SAML" });
    const endpoint = "https://sso.example/realms/meteo/broker/federation/endpoint";
    expect(saml).toMatchObject({ redirectURIs: [endpoint], postLogoutRedirectURIs: [endpoint] });
  });

  it("has a digest that is another for every other address", () => {
    const others = [
      registrationOf("https://sso.example/realms/meteo", { alias: "other", protocol: "ProConnect" }),
      registrationOf("https://sso.example/realms/meteo2", { alias: "proconnect", protocol: "ProConnect" }),
      registrationOf("https://sso2.example/realms/meteo", { alias: "proconnect", protocol: "ProConnect" }),
    ].map(({ digest }) => digest);
    expect(new Set([registration.digest, ...others]).size).toBe(4);
    expect(registration.digest).toMatch(/^[0-9a-f]{64}$/);
  });
});
