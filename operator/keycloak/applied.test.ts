import { describe, expect, it } from "vitest";
import { realmDesired, type RealmInput } from "../modules/keycloak/realm-representation.ts";
import { appliedAttribute, appliedIn, appliedText, only, wishes } from "./applied.ts";
import type { ObservedRealm } from "./keycloak-api.ts";
import { creationBody } from "./plan.ts";
import type { RealmDesired } from "./realm-desired.ts";

interface Asked {
  readonly displayName?: string;
  readonly officer?: string;
  readonly spec?: RealmInput["spec"];
}

function wish({ displayName = "Météo", officer = "rssi@meteo.example", spec = {} }: Asked = {}): RealmDesired {
  const contacts = [{ role: "SecurityOfficer", email: officer }];
  const tenant = { name: "meteo", displayName, legalIdentifier: "SIREN:110070018", contacts };
  return realmDesired({ tenant, spec, marker: "ours" });
}

function newParts(after: RealmDesired): string[] {
  const before = wishes(wish());
  return [...wishes(after)].filter(([part, digest]) => before.get(part) !== digest).map(([part]) => part);
}

function realmSaying(text: string): ObservedRealm {
  return { enabled: true, marker: "ours", representation: { attributes: { [appliedAttribute]: text } } };
}

describe("wishes", () => {
  it.each<[string, Asked, string[]]>([
    ["nothing", {}, []],
    ["the displayed name", { displayName: "Autre" }, ["realm.displayName"]],
    ["the length of sessions", { spec: { sessionMaxHours: 8 } }, ["realm.ssoSessionMaxLifespan"]],
    ["the second factor", { spec: { mfa: "Optional" } }, ["flows.browserFlow"]],
    ["local accounts", { spec: { localAccounts: "BreakGlassOnly" } }, ["flows.browserFlow"]],
    ["the contact to whom the first account was given", { officer: "new@meteo.example" }, []],
  ])("change with %s in these parts only", (_what, asked, parts) => {
    expect(newParts(wish(asked))).toEqual(parts);
  });

  it("take the policy of codes as one, as the server does", () => {
    const { settings } = wish();
    const parts = (digits: number) => newParts({ ...wish(), settings: { ...settings, otpPolicyDigits: digits } });
    expect([parts(6), parts(8)]).toEqual([[], ["realm.otpPolicy"]]);
  });

  it("say nothing of a secret: two realms that differ in secrets alone say the same", () => {
    const said = ["one", "two"].map((secret) => {
      const body = creationBody(wish(), { serviceAccountSecret: secret, oneTimePassword: secret });
      return (body["attributes"] as Record<string, string>)[appliedAttribute];
    });
    expect(said[0]).toBe(appliedText(wishes(wish())));
    expect(said[1]).toBe(said[0]);
  });
});

describe("only", () => {
  it("takes every part of the wish once: all parts together are the wish, and none is none of it", () => {
    expect(only(wish(), () => true)).toEqual(wish());
    const none = only(wish(), () => false);
    expect([...wishes(none).keys()]).toEqual(["clients.socle-operator"]);
  });

  it.each([...wishes(wish()).keys()].filter((part) => !part.startsWith("clients.")))("takes %s alone", (part) => {
    const parts = wishes(only(wish(), (one) => one === part));
    expect([...parts.keys()]).toEqual([part, "clients.socle-operator"]);
    expect(parts.get(part)).toBe(wishes(wish()).get(part));
  });
});

describe("appliedText", () => {
  it("is read back as it was written", () => {
    const written = wishes(wish());
    expect(new Map(appliedIn(realmSaying(appliedText(written))))).toEqual(written);
  });

  it("is the same text for the same digests in any order", () => {
    const pairs = [...wishes(wish())];
    expect(appliedText(new Map(pairs.toReversed()))).toBe(appliedText(new Map(pairs)));
  });

  it.each(["", "nonsense", "=", "a=b=c  =="])("%j in its place vouches for no part", (text) => {
    const found = appliedIn(realmSaying(text));
    expect([...wishes(wish())].filter(([part, digest]) => found.get(part) === digest)).toEqual([]);
  });
});
