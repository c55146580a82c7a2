import type { Representation } from "./keycloak-api.ts";

/** What a realm should be: plain data in Keycloak's own key names, without secrets. */
export interface RealmDesired {
  readonly realm: string;
  /** Value of the realm attribute socle.dev/owner. */
  readonly marker: string;
  /** Fields of the realm itself; `attributes` are merged with those of others. */
  readonly settings: Representation;
  readonly attributes: Readonly<Record<string, string>>;
  /** The declarative user profile. */
  readonly userProfile: Representation;
  readonly roles: readonly { readonly name: string; readonly description: string }[];
  readonly groups: readonly { readonly name: string; readonly realmRoles: readonly string[] }[];
  /** Required actions by alias. */
  readonly requiredActions: readonly {
    readonly alias: string;
    readonly enabled: boolean;
    readonly defaultAction: boolean;
  }[];
  /** How people log in, whole: nothing in these flows is Keycloak's own. */
  readonly flows: readonly FlowDesired[];
  readonly serviceAccountClientId: string;
  /** Roles of client realm-management that the realm's own account holds. */
  readonly serviceAccountRoles: readonly string[];
  readonly firstAdministrator: {
    readonly username: string;
    readonly email: string;
    readonly groups: readonly string[];
  };
}

/** A top-level authentication flow and the place where the realm uses it. */
export interface FlowDesired {
  readonly binding: "browserFlow" | "directGrantFlow";
  readonly alias: string;
  readonly steps: readonly FlowStep[];
}

export type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL";

/** One execution: an authenticator, or a flow inside the flow. Names are unique within the whole flow they lie in. */
export type FlowStep =
  | {
      readonly kind: "authenticator";
      readonly name: string;
      readonly requirement: Requirement;
      readonly config?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "flow";
      readonly name: string;
      readonly requirement: Requirement;
      readonly steps: readonly FlowStep[];
    };
