import { describe, expect, it } from "vitest";
import { discovered, type DiscoveryWish } from "./discovery.ts";

const url = "https://idp.example/.well-known/openid-configuration";
const document = {
  issuer: "https://idp.example",
  authorization_endpoint: "https://idp.example/authorize",
  token_endpoint: "https://idp.example/token",
  userinfo_endpoint: "https://idp.example/userinfo",
  jwks_uri: "https://idp.example/jwks",
  end_session_endpoint: "https://idp.example/session/end",
  userinfo_signing_alg_values_supported: ["HS256", "RS256"],
};
const wish: DiscoveryWish = {
  url,
  issuer: "https://idp.example",
  signedUserInfo: true,
  reach: { allowedHosts: [], allowedCIDRs: [] },
};
const problemOf = (changed: Readonly<Record<string, unknown>>, more: Partial<DiscoveryWish> = {}): string => {
  const found = discovered(JSON.stringify({ ...document, ...changed }), { ...wish, ...more });
  return found.ok ? "" : found.problem;
};

describe("a discovery document", () => {
  it("tells the end points of a provider", () => {
    expect(discovered(JSON.stringify(document), wish)).toEqual({
      ok: true,
      provider: {
        issuer: "https://idp.example",
        authorizationEndpoint: "https://idp.example/authorize",
        tokenEndpoint: "https://idp.example/token",
        userInfoEndpoint: "https://idp.example/userinfo",
        jwksUri: "https://idp.example/jwks",
        endSessionEndpoint: "https://idp.example/session/end",
      },
    });
  });

  it.each(["<!doctype html><title>Maintenance</title>", "", "[]", "null", '"text"'])(
    "is told from what is none: %j",
    (text) => {
      const found = discovered(text, wish);
      expect(found).toMatchObject({ ok: false, problem: expect.stringContaining("discovery document") as unknown });
    },
  );

  it("names the fields that are missing", () => {
    expect(problemOf({ token_endpoint: undefined, jwks_uri: 7 })).toContain("lacks token_endpoint, jwks_uri");
  });

  it("has to call itself what the tenant calls it", () => {
    expect(problemOf({ issuer: "https://other.example" })).toContain("https://other.example, not https://idp.example");
    expect(problemOf({ issuer: "https://idp.example/" })).toContain("letter by letter");
  });

  it.each(["token_endpoint", "userinfo_endpoint", "jwks_uri"])(
    "may lead nobody into a closed network by %s",
    (field) => {
      expect(problemOf({ [field]: "https://169.254.169.254/x" })).toContain(`${field} https://169.254.169.254/x`);
      expect(problemOf({ [field]: "http://idp.example/x" })).toContain("not https");
    },
  );

  it.each(["authorization_endpoint", "end_session_endpoint"])("sends no browser to %s without https", (field) => {
    expect(problemOf({ [field]: "http://idp.example/x" })).toContain(`${field} http://idp.example/x is no https URL`);
    expect(problemOf({ [field]: "javascript:alert(1)" })).toContain("is no https URL");
  });

  it("has to offer a signature that can be verified where userinfo is to be signed", () => {
    const only = { userinfo_signing_alg_values_supported: ["HS256", "none"] };
    expect(problemOf(only)).toContain("RS256 or ES256");
    expect(problemOf(only, { signedUserInfo: false })).toBe("");
    expect(problemOf({ userinfo_signing_alg_values_supported: undefined })).toBe("");
  });
});
