import { describe, expect, it } from "vitest";
import type { ObservedRealm, Representation } from "./keycloak-api.ts";
import { appliedAttribute, appliedText, wishes } from "./applied.ts";
import { creationBody, endRealmPlan, markerAttribute, realmPlan, serviceAccountRepair } from "./plan.ts";
import type { RealmDesired } from "./realm-desired.ts";

const desired: RealmDesired = {
  realm: "meteo",
  marker: "ours",
  settings: { enabled: true, displayName: "Météo", supportedLocales: ["en", "fr"] },
  attributes: { adminEventsExpiration: "60" },
  userProfile: { attributes: [{ name: "username" }, { name: "siret" }], groups: [] },
  roles: [{ name: "suite-user", description: "May use the suite" }],
  groups: [{ name: "agents", realmRoles: ["suite-user"] }],
  requiredActions: [{ alias: "CONFIGURE_TOTP", enabled: true, defaultAction: false }],
  flows: [
    {
      binding: "browserFlow",
      alias: "socle-browser",
      steps: [
        { kind: "authenticator", name: "auth-cookie", requirement: "ALTERNATIVE" },
        {
          kind: "flow",
          name: "password",
          requirement: "ALTERNATIVE",
          steps: [
            { kind: "authenticator", name: "auth-username-password-form", requirement: "REQUIRED" },
            {
              kind: "authenticator",
              name: "conditional-user-role",
              requirement: "REQUIRED",
              config: { condUserRole: "suite-user", negate: "true" },
            },
          ],
        },
      ],
    },
  ],
  serviceAccountClientId: "socle-operator",
  serviceAccountRoles: ["manage-realm"],
  firstAdministrator: { username: "first", email: "first@meteo.example", groups: ["/agents"] },
};
const secrets = { serviceAccountSecret: "machine-secret", oneTimePassword: "person-secret" };

type Fields = Record<string, unknown>;

/** The realm as its export shows it after creation. */
function live(): Fields {
  const body = structuredClone(creationBody(desired, secrets)) as Fields;
  return {
    ...body,
    authenticationFlows: (body["authenticationFlows"] as Fields[]).map((flow) => ({
      id: `id of ${String(flow["alias"])}`,
      ...flow,
    })),
    requiredActions: [
      { alias: "CONFIGURE_TOTP", name: "Configure OTP", enabled: true, defaultAction: false, config: {} },
    ],
  };
}

function observed(edit: (fields: Fields) => void = () => undefined): ObservedRealm {
  const representation = live();
  edit(representation);
  const marker = (representation["attributes"] as Record<string, string>)[markerAttribute];
  return { enabled: representation["enabled"] === true, marker, representation };
}

function changesAfter(edit: (fields: Fields) => void) {
  const plan = realmPlan({ desired, observed: observed(edit), adopt: false, correct: true });
  if (plan.kind !== "plan") throw new Error(plan.message);
  return plan.changes;
}

const flowsOf = (fields: Fields) =>
  fields["authenticationFlows"] as (Fields & { authenticationExecutions: Fields[] })[];

describe("realmPlan", () => {
  it("has nothing to do for a realm as it was made", () => {
    expect(realmPlan({ desired, observed: observed(), adopt: false, correct: true })).toEqual({
      kind: "plan",
      changes: [],
      drift: [],
    });
  });

  it("keeps attributes of others, which the server would drop", () => {
    const [change] = changesAfter((fields) => {
      fields["attributes"] = { ...(fields["attributes"] as Fields), adminEventsExpiration: "0", theirs: "kept" };
    });
    expect(change).toMatchObject({
      method: "PUT",
      path: "",
      body: { attributes: { adminEventsExpiration: "60", theirs: "kept", [markerAttribute]: "ours" } },
      fields: ["realm.attributes.adminEventsExpiration"],
    });
  });

  it("keeps fields of people's profiles that the ministry declared", () => {
    const [change] = changesAfter((fields) => {
      const profile = { attributes: [{ name: "theirs" }, { name: "username" }], groups: [{ name: "their-group" }] };
      fields["components"] = {
        "org.keycloak.userprofile.UserProfileProvider": [
          { config: { "kc.user.profile.config": [JSON.stringify(profile)] } },
        ],
      };
    });
    expect(change).toMatchObject({
      path: "/users/profile",
      body: {
        attributes: [{ name: "theirs" }, { name: "username" }, { name: "siret" }],
        groups: [{ name: "their-group" }],
      },
      fields: ["userProfile.siret"],
    });
  });

  it.each([
    [
      "a missing profile",
      (fields: Fields) => {
        fields["components"] = {};
      },
      "PUT /users/profile",
    ],
    [
      "a missing role",
      (fields: Fields) => {
        fields["roles"] = { realm: [] };
      },
      "POST /roles",
    ],
    [
      "another description of a role",
      (fields: Fields) => {
        fields["roles"] = { realm: [{ name: "suite-user" }] };
      },
      "PUT /roles/suite-user",
    ],
    [
      "a missing group",
      (fields: Fields) => {
        fields["groups"] = [];
      },
      "POST /groups",
    ],
    [
      "a group without its role",
      (fields: Fields) => {
        fields["groups"] = [{ name: "agents" }];
      },
      "POST /groups",
    ],
    [
      "a group with a role more",
      (fields: Fields) => {
        fields["groups"] = [{ name: "agents", realmRoles: ["theirs", "suite-user"] }];
      },
      undefined,
    ],
    [
      "another required action",
      (fields: Fields) => {
        fields["requiredActions"] = [{ alias: "CONFIGURE_TOTP", enabled: true, defaultAction: true }];
      },
      "PUT /authentication/required-actions/CONFIGURE_TOTP",
    ],
    [
      "an added flow",
      (fields: Fields) => {
        flowsOf(fields).push({ id: "1", alias: "theirs", authenticationExecutions: [] });
      },
      undefined,
    ],
    [
      "another bound flow",
      (fields: Fields) => {
        fields["browserFlow"] = "browser";
      },
      "PUT ",
    ],
  ])("answers %s with one request", (_what, edit, request) => {
    expect(changesAfter(edit).map(({ method, path }) => `${method} ${path}`)).toEqual(
      request === undefined ? [] : [request],
    );
  });

  it.each<[string, (fields: Fields) => void, string]>([
    [
      "a changed requirement",
      (fields) => {
        flowsOf(fields)[1]!.authenticationExecutions[0]!["requirement"] = "DISABLED";
      },
      "flows.browserFlow.password.auth-username-password-form.requirement",
    ],
    [
      "an added step",
      (fields) => {
        flowsOf(fields)[1]!.authenticationExecutions.push({
          authenticator: "x",
          requirement: "REQUIRED",
          priority: 90,
        });
      },
      "flows.browserFlow.password.steps",
    ],
    [
      "a removed step",
      (fields) => {
        flowsOf(fields)[0]!.authenticationExecutions.shift();
      },
      "flows.browserFlow.steps",
    ],
    [
      "another order",
      (fields) => {
        flowsOf(fields)[0]!.authenticationExecutions[0]!["priority"] = 99;
      },
      "flows.browserFlow.steps[0]",
    ],
    [
      "changed settings of a step",
      (fields) => {
        (fields["authenticatorConfig"] as Fields[])[0]!["config"] = { condUserRole: "suite-user", negate: "false" };
      },
      "flows.browserFlow.password.conditional-user-role.config.negate",
    ],
  ])("answers %s of the login flow by a whole new flow under the other alias", (_what, edit, field) => {
    const changes = changesAfter(edit);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      kind: "flow",
      body: {
        flow: { alias: "socle-browser-2", binding: "browserFlow" },
        inTheWay: [],
        replaced: ["id of socle-browser", "id of socle-browser password"],
      },
    });
    expect(changes[0]?.fields).toContain(field);
  });

  it("takes what a crash left of a new flow out of the way before building it again", () => {
    const changes = changesAfter((fields) => {
      flowsOf(fields)[0]!.authenticationExecutions.shift();
      flowsOf(fields).push({
        id: "orphan",
        alias: "socle-browser-2 password",
        topLevel: false,
        authenticationExecutions: [],
      });
      flowsOf(fields).push({ id: "half", alias: "socle-browser-2", topLevel: true, authenticationExecutions: [] });
    });
    expect(changes[0]?.body).toMatchObject({ flow: { alias: "socle-browser-2" }, inTheWay: ["half", "orphan"] });
  });

  it("removes a flow of ours that nothing uses", () => {
    const changes = changesAfter((fields) => {
      flowsOf(fields).push({ id: "left", alias: "socle-browser-2", topLevel: true, authenticationExecutions: [] });
    });
    expect(changes).toMatchObject([
      { method: "DELETE", path: "/authentication/flows/left", fields: ["flows.socle-browser-2"] },
    ]);
  });

  it("enables a realm that comes back, and calls that no drift", () => {
    const plan = realmPlan({
      desired,
      observed: observed((fields) => {
        fields["enabled"] = false;
      }),
      adopt: false,
      correct: true,
    });
    expect(plan).toMatchObject({ changes: [{ method: "PUT", path: "" }], drift: [] });
  });

  it.each([
    ["no mark", undefined, false, "refused"],
    ["no mark, on adoption", undefined, true, "plan"],
    ["another's mark", "theirs", false, "refused"],
    ["another's mark, on adoption", "theirs", true, "refused"],
    ["our mark, on adoption", "ours", true, "plan"],
  ])("a realm with %s", (_what, marker, adopt, kind) => {
    const realm = observed((fields) => {
      fields["attributes"] = marker === undefined ? {} : { [markerAttribute]: marker };
    });
    expect(realmPlan({ desired, observed: realm, adopt, correct: true }).kind).toBe(kind);
  });

  it("tells who met a realm without a mark that it may be adopted, and nobody else", () => {
    const text = (marker: string | undefined): string => {
      const plan = realmPlan({
        desired,
        observed: { enabled: true, marker, representation: {} },
        adopt: false,
        correct: true,
      });
      return plan.kind === "refused" ? plan.message : "";
    };
    expect(text(undefined)).toContain("adoptionPolicy Adopt");
    expect(text("theirs")).not.toContain("Adopt");
    expect(text("theirs")).not.toContain("theirs");
  });
});

/** The wish of a tenant that has changed its mind in one thing that a PUT of the realm writes, and in one that it does not. */
const renamed: RealmDesired = { ...desired, settings: { ...desired.settings, displayName: "Météo 2" } };
const reworded: RealmDesired = { ...desired, roles: [{ name: "suite-user", description: "Other words" }] };
const digestsOf = (wish: RealmDesired, ...left: string[]): string =>
  appliedText(new Map([...wishes(wish)].filter(([part]) => !left.includes(part))));

describe("realmPlan, where the wish has changed", () => {
  const byHand = (fields: Fields): void => {
    fields["supportedLocales"] = ["fr"];
  };
  const plan = (wish: RealmDesired, edit: (fields: Fields) => void, correct: boolean) => {
    const made = realmPlan({ desired: wish, observed: observed(edit), adopt: false, correct });
    if (made.kind !== "plan") throw new Error(made.message);
    const changes = made.changes.map(({ method, path, body }) => {
      const { attributes, ...settings } = body as Fields;
      return {
        request: `${method} ${path}`,
        settings,
        digests: (attributes as Fields | undefined)?.[appliedAttribute],
      };
    });
    return { changes, drift: made.drift };
  };
  const nothing = (): void => undefined;

  it.each([
    ["a new wish alone", false, renamed, nothing, { displayName: "Météo 2" }, []],
    ["a change by hand alone", false, desired, byHand, undefined, ["realm.supportedLocales"]],
    ["both at once", false, renamed, byHand, { displayName: "Météo 2" }, ["realm.supportedLocales"]],
    ["a new wish alone, where drift is corrected", true, renamed, nothing, renamed.settings, []],
    [
      "a change by hand alone, where it is corrected",
      true,
      desired,
      byHand,
      desired.settings,
      ["realm.supportedLocales"],
    ],
    ["both at once, where drift is corrected", true, renamed, byHand, renamed.settings, ["realm.supportedLocales"]],
  ])(
    "answers %s with what it should write, and calls drift what others did",
    (_what, correct, wish, edit, settings, drift) => {
      expect(plan(wish, edit, correct)).toEqual({
        changes: settings === undefined ? [] : [{ request: "PUT ", settings, digests: digestsOf(wish) }],
        drift,
      });
    },
  );

  it("takes a new wish for what somebody else changed too as a new wish", () => {
    const edit = (fields: Fields): void => {
      fields["displayName"] = "By hand";
    };
    expect(plan(renamed, edit, false)).toMatchObject({
      changes: [{ settings: { displayName: "Météo 2" } }],
      drift: [],
    });
  });

  it("takes the digest of a wish with requests of its own out before them, and writes it after them", () => {
    expect(plan(reworded, byHand, false)).toEqual({
      changes: [
        { request: "PUT ", settings: {}, digests: digestsOf(reworded, "roles.suite-user") },
        { request: "PUT /roles/suite-user", settings: reworded.roles[0], digests: undefined },
        { request: "PUT ", settings: {}, digests: digestsOf(reworded) },
      ],
      drift: ["realm.supportedLocales"],
    });
  });

  it("finishes what a crash left of a new wish, even where the wish is the old one again, and calls none of it drift", () => {
    const crashed = (fields: Fields): void => {
      (fields["attributes"] as Fields)[appliedAttribute] = digestsOf(reworded, "roles.suite-user");
      fields["roles"] = { realm: reworded.roles };
    };
    const sealed = (wish: RealmDesired) => ({ request: "PUT ", settings: {}, digests: digestsOf(wish) });
    expect(plan(reworded, crashed, false)).toEqual({ changes: [sealed(reworded)], drift: [] });
    expect(plan(desired, crashed, false)).toEqual({
      changes: [{ request: "PUT /roles/suite-user", settings: desired.roles[0], digests: undefined }, sealed(desired)],
      drift: [],
    });
  });

  it("does not take down the digest of what is put back: until it is, it is drift", () => {
    const edit = (fields: Fields): void => {
      fields["roles"] = { realm: reworded.roles };
    };
    expect(plan(desired, edit, true)).toMatchObject({
      changes: [{ request: "PUT /roles/suite-user" }],
      drift: ["roles.suite-user.description"],
    });
  });

  it.each([
    ["none", undefined],
    ["nonsense", "true = = realm.displayName"],
  ])("takes everything for new once in a realm with %s in place of digests", (_what, text) => {
    const edit = (fields: Fields): void => {
      byHand(fields);
      (fields["attributes"] as Fields)[appliedAttribute] = text;
    };
    expect(plan(desired, edit, false)).toEqual({
      changes: [{ request: "PUT ", settings: desired.settings, digests: digestsOf(desired) }],
      drift: [],
    });
  });

  it("writes the digests by themselves where nothing else differs", () => {
    const edit = (fields: Fields): void => {
      (fields["attributes"] as Fields)[appliedAttribute] = undefined;
    };
    expect(plan(desired, edit, false)).toEqual({
      changes: [{ request: "PUT ", settings: {}, digests: digestsOf(desired) }],
      drift: [],
    });
  });

  it("calls no field of ours different for want of a digest: who only observes would report it", () => {
    const made = realmPlan({
      desired,
      observed: observed((fields) => {
        (fields["attributes"] as Fields)[appliedAttribute] = undefined;
      }),
      adopt: false,
      correct: true,
    });
    expect(made.kind === "plan" && made.changes.flatMap(({ fields }) => fields)).toEqual([]);
  });

  it("enables a realm that comes back, and leaves what was changed by hand meanwhile where it is only reported", () => {
    const edit = (fields: Fields): void => {
      byHand(fields);
      fields["enabled"] = false;
    };
    expect(plan(desired, edit, false)).toMatchObject({
      changes: [{ settings: { enabled: true } }],
      drift: ["realm.supportedLocales"],
    });
  });

  it("trusts no digest in a realm without our mark: adoption makes all of it as wished", () => {
    const realm = observed((fields) => {
      byHand(fields);
      fields["attributes"] = { [appliedAttribute]: digestsOf(desired) };
    });
    expect(realmPlan({ desired, observed: realm, adopt: true, correct: false })).toMatchObject({
      changes: [{ body: { supportedLocales: ["en", "fr"], attributes: { [markerAttribute]: "ours" } } }],
      drift: [],
    });
  });

  it("repairs the own account of a realm that is being adopted, and calls a later loss of it drift", () => {
    const repair = serviceAccountRepair(desired, "machine-secret");
    const planned = (marker: string | undefined) => {
      const realm = observed((fields) => {
        if (marker === undefined) fields["attributes"] = {};
      });
      const made = realmPlan({ desired, observed: realm, adopt: true, correct: false, repair });
      return made.kind === "plan" ? [made.changes.map(({ kind }) => kind), made.drift] : [];
    };
    expect(planned(undefined)).toEqual([["update", "service-account", "update"], []]);
    expect(planned("ours")).toEqual([[], ["clients.socle-operator"]]);
  });
});

describe("creationBody", () => {
  const body = creationBody(desired, secrets) as Fields;
  const clients = body["clients"] as Fields[];

  it("carries no client scopes: with them the server would make none of its own", () => {
    expect(body).not.toHaveProperty("clientScopes");
  });

  it("carries no required actions: with them the server would register no others", () => {
    expect(body).not.toHaveProperty("requiredActions");
  });

  it("makes no client that people are sent back to, and none with a wildcard", () => {
    expect(clients.map((client) => client["standardFlowEnabled"])).toEqual([false]);
    expect(JSON.stringify(clients)).not.toMatch(/redirectUris|\*/);
  });

  it("binds the flows that it brings", () => {
    expect(body["browserFlow"]).toBe("socle-browser");
    expect(flowsOf(body).map(({ alias }) => alias)).toEqual(["socle-browser", "socle-browser password"]);
  });

  it("gives the first administrator a password for one time", () => {
    expect((body["users"] as Fields[])[1]).toMatchObject({
      credentials: [{ type: "password", value: "person-secret", temporary: true }],
      requiredActions: ["UPDATE_PASSWORD", "CONFIGURE_TOTP"],
    });
  });
});

describe("serviceAccountRepair", () => {
  it("names the client and not its secret", () => {
    const { fields, why, path } = serviceAccountRepair(desired, "machine-secret");
    expect(fields).toEqual(["clients.socle-operator"]);
    expect([...fields, why, path].join(" ")).not.toContain("machine-secret");
  });

  it("wants what creation made", () => {
    const [client] = creationBody(desired, secrets)["clients"] as Representation[];
    expect(serviceAccountRepair(desired, "machine-secret").body).toEqual({ client, roles: ["manage-realm"] });
  });
});

describe("endRealmPlan", () => {
  it.each([
    ["an enabled realm of ours is disabled", "ours", true, false, ["disable"]],
    ["a disabled realm of ours stays", "ours", false, false, []],
    ["a realm of ours is deleted when erasure is due", "ours", true, true, ["delete"]],
    ["a realm with another's mark stays", "theirs", true, true, []],
    ["a realm without a mark stays", undefined, true, true, []],
  ])("%s", (_what, marker, enabled, erase, kinds) => {
    const plan = endRealmPlan({ desired, observed: { marker, enabled, representation: {} }, erase });
    expect(plan.map(({ kind }) => kind)).toEqual(kinds);
  });

  it("a realm that is not there needs nothing", () => {
    expect(endRealmPlan({ desired, observed: undefined, erase: true })).toEqual([]);
  });
});
