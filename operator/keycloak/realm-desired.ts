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
  readonly serviceAccountClientId: string;
  /** Roles of client realm-management that the realm's own account holds. */
  readonly serviceAccountRoles: readonly string[];
  readonly firstAdministrator: {
    readonly username: string;
    readonly email: string;
    readonly groups: readonly string[];
  };
}
