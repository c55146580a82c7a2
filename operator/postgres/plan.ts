import type {
  DatabaseChange,
  DatabaseDesired,
  ObservedDatabase,
  ObservedRole,
  PostgresObservation,
} from "./postgres-api.ts";

/** What the modules need, and what `createDatabase` makes: a byte-wise order that no upgrade of a library changes. */
export const requiredEncoding = "UTF8";
export const requiredCollation = "C";

export interface DatabaseState {
  readonly desired: DatabaseDesired;
  readonly observed: PostgresObservation;
}

export interface DatabasePlanInput extends DatabaseState {
  /** Take over a role or database that bears no marker. One with a foreign marker is never taken over. */
  readonly adopt: boolean;
  /** False if the server refused a login because of the password; left out when nobody tried. */
  readonly passwordWorks?: boolean;
}

export type DatabasePlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned" | "PermissionMissing"; readonly message: string }
  | {
      readonly kind: "plan";
      readonly changes: readonly DatabaseChange[];
      /** What somebody else changed on what is ours, for people. Unfinished work of ours and a return from retention are no drift. */
      readonly drift: readonly string[];
    };

type Refusal = Extract<DatabasePlan, { readonly kind: "refused" }>;

/** A change, and the sentence about drift that it answers, if it does. */
interface Item {
  readonly change: DatabaseChange;
  readonly drift?: string;
}

/**
 * What turns `observed` into `desired`, or why nothing may be done. Refusals come before the first change, so a refused plan leaves nothing.
 *
 * Order, safe when the process dies between any two statements: a role is created together with its marker in one transaction, so a role
 * of ours never lacks it. CREATE DATABASE knows no transaction; an unmarked database is ours if the role of ours owns it, since only the
 * platform can make a database for that role. A database is born closed and is opened last, after PUBLIC has lost its rights.
 */
export function databasePlan(input: DatabasePlanInput): DatabasePlan {
  const refusal = roleRefusal(input) ?? databaseRefusal(input);
  if (refusal !== undefined) return refusal;
  const items = [...roleItems(input), ...databaseItems(input)];
  return {
    kind: "plan",
    changes: items.map((item) => item.change),
    drift: items.flatMap((item) => (item.drift === undefined ? [] : [item.drift])),
  };
}

/**
 * Closes role and database and ends their sessions; the data stays. Touches only what bears our marker. When the owner returns,
 * `databasePlan` opens both again.
 */
export function retainPlan({ desired, observed }: DatabaseState): DatabaseChange[] {
  const why = "the data is kept, closed, for the return of its owner";
  const changes: DatabaseChange[] = [];
  if (ownsRole(desired, observed) && observed.role?.canLogin === true) changes.push(loginChange(desired, false, why));
  if (observed.database === undefined || !ownsDatabase(desired, observed)) return changes;
  changes.push(...markIfUnmarked(desired, observed.database));
  // Closing comes before the end of the sessions; a crash in between leaves a closed database that is still in use.
  if (observed.database.allowConnections || observed.database.inUse === true) {
    changes.push({ kind: "allowConnections", database: desired.database, allowed: false, why });
  }
  return changes;
}

/**
 * Deletes the database, then its role, by marker. An unmarked database that our role owns is marked first, because the drop looks at the
 * marker again. A role that still owns something else cannot be dropped; the server says so and the change fails.
 */
export function erasePlan({ desired, observed }: DatabaseState): DatabaseChange[] {
  const { role, database, marker } = desired;
  const why = "erasure is due";
  const changes: DatabaseChange[] = [];
  if (observed.database !== undefined && ownsDatabase(desired, observed)) {
    changes.push(...markIfUnmarked(desired, observed.database), { kind: "dropDatabase", database, marker, why });
  }
  if (ownsRole(desired, observed)) changes.push({ kind: "dropRole", role, marker, why });
  return changes;
}

function ownsRole(desired: DatabaseDesired, { role }: PostgresObservation): boolean {
  return role?.marker === desired.marker;
}

function ownsDatabase(desired: DatabaseDesired, observed: PostgresObservation): boolean {
  const { database } = observed;
  if (database === undefined) return false;
  if (database.marker !== undefined) return database.marker === desired.marker;
  return database.owner === desired.role && ownsRole(desired, observed);
}

function roleRefusal({ desired, observed, adopt }: DatabasePlanInput): Refusal | undefined {
  const { role } = observed;
  if (role === undefined) return undefined;
  const foreign = foreignness(`Role ${desired.role}`, role.marker, { wanted: desired.marker, adopt });
  if (foreign !== undefined) return foreign;
  const excess = excessiveRights(role);
  const memberships = role.memberOf ?? [];
  if (excess.length + memberships.length === 0) return undefined;
  // Only a superuser, or whoever granted them, takes these rights away; to go on would be to hand a tenant what is not its own.
  const found = [...excess, ...memberships.map((other) => `member of ${other}`)].join(", ");
  const statements = [
    ...(excess.length === 0 ? [] : [`ALTER ROLE ${desired.role} ${excess.map((right) => `NO${right}`).join(" ")}`]),
    ...memberships.map((other) => `REVOKE ${other} FROM ${desired.role}`),
  ];
  return {
    kind: "refused",
    reason: "PermissionMissing",
    message: `Role ${desired.role} has rights beyond its database (${found}); let a superuser run: ${statements.join("; ")}`,
  };
}

function excessiveRights(role: ObservedRole): string[] {
  return [
    ...(role.superuser ? ["SUPERUSER"] : []),
    ...(role.replication ? ["REPLICATION"] : []),
    ...(role.bypassRowSecurity ? ["BYPASSRLS"] : []),
  ];
}

function databaseRefusal(input: DatabasePlanInput): Refusal | undefined {
  const { desired, observed, adopt } = input;
  const { database } = observed;
  if (database === undefined) return undefined;
  const subject = `Database ${desired.database}`;
  if (!ownsDatabase(desired, observed)) {
    const foreign = foreignness(subject, database.marker, { wanted: desired.marker, adopt });
    if (foreign !== undefined) return foreign;
    const unfit = unfitness(subject, database);
    if (unfit !== undefined) return unfit;
  }
  if (database.owner === desired.role) return undefined;
  const statement = `ALTER DATABASE ${desired.database} OWNER TO ${desired.role}`;
  const message =
    observed.role === undefined
      ? `${subject} is owned by role ${database.owner}, and role ${desired.role} does not exist; let a superuser run: CREATE ROLE ${desired.role}; ${statement} -- and set adoptionPolicy Adopt; or drop the database, if nobody needs it`
      : `${subject} is owned by role ${database.owner}, not by ${desired.role}; let its owner or a superuser run: ${statement}`;
  return { kind: "refused", reason: "PermissionMissing", message };
}

function foreignness(
  subject: string,
  marker: string | undefined,
  { wanted, adopt }: { readonly wanted: string; readonly adopt: boolean },
): Refusal | undefined {
  if (marker === wanted) return undefined;
  if (marker !== undefined) {
    return {
      kind: "refused",
      reason: "NotOwned",
      message: `${subject} exists and bears the mark of somebody else; it is never touched.`,
    };
  }
  if (adopt) return undefined;
  return {
    kind: "refused",
    reason: "NotOwned",
    message: `${subject} exists and was not made by Socle; set adoptionPolicy Adopt to take it over, or remove it.`,
  };
}

/** Encoding and collation are chosen when a database is made; taking over another one would fail later, inside the application. */
function unfitness(subject: string, { encoding, collation }: ObservedDatabase): Refusal | undefined {
  if (encoding === requiredEncoding && collation === requiredCollation) return undefined;
  return {
    kind: "refused",
    reason: "NotOwned",
    message: `${subject} has encoding ${encoding} and collation ${collation}; only ${requiredEncoding} with ${requiredCollation} can be adopted. Dump it and restore it into a new database.`,
  };
}

function roleItems({ desired, observed, passwordWorks }: DatabasePlanInput): Item[] {
  const { role: name, marker, connectionLimit } = desired;
  const { role } = observed;
  if (role === undefined) {
    return [{ change: { kind: "createRole", role: name, marker, connectionLimit, why: "the role is missing" } }];
  }
  const items: Item[] = [];
  if (role.marker !== marker) {
    items.push({ change: { kind: "markRole", role: name, marker, why: "the role is adopted" } });
  }
  items.push(...alterItems(desired, observed, role));
  if (passwordWorks === false) items.push(passwordItem(desired, observed));
  return items;
}

/** One ALTER ROLE for whatever differs; it sets all of it. */
function alterItems(desired: DatabaseDesired, observed: PostgresObservation, role: ObservedRole): Item[] {
  const differences = [
    ...(role.connectionLimit === desired.connectionLimit
      ? []
      : [`connection limit is ${role.connectionLimit}, not ${desired.connectionLimit}`]),
    ...(role.createDatabase ? ["it may create databases"] : []),
    ...(role.createRole ? ["it may create roles"] : []),
    ...(role.canLogin || isClosed(observed) ? [] : ["it may not log in"]),
  ];
  if (differences.length === 0 && role.canLogin) return [];
  const why = differences.length === 0 ? "its owner has returned" : differences.join("; ");
  const change = loginChange(desired, true, why);
  // Before the database exists the role is still in the making, and before it is adopted it is not ours: nobody changed what we want.
  const known = observed.database !== undefined && ownsRole(desired, observed);
  if (differences.length === 0 || !known) return [{ change }];
  return [{ change, drift: `role ${desired.role}: ${differences.join("; ")}` }];
}

function passwordItem(desired: DatabaseDesired, observed: PostgresObservation): Item {
  const change: DatabaseChange = { kind: "setPassword", role: desired.role, why: "the password was not accepted" };
  // While the database is closed a new password belongs to the return of the owner, whose Secret was made anew.
  const inService = ownsRole(desired, observed) && observed.role?.canLogin === true && isFinished(desired, observed);
  return inService ? { change, drift: `role ${desired.role}: its password was not accepted` } : { change };
}

/** Retained, or never opened: a state that only we bring about on purpose. */
function isClosed(observed: PostgresObservation): boolean {
  return observed.database?.allowConnections === false;
}

function databaseItems({ desired, observed }: DatabasePlanInput): Item[] {
  const { database: name, role, marker } = desired;
  const { database } = observed;
  const open: DatabaseChange = {
    kind: "allowConnections",
    database: name,
    allowed: true,
    why: "everything else is in place",
  };
  if (database === undefined) {
    return [
      { change: { kind: "createDatabase", database: name, owner: role, why: "the database is missing" } },
      { change: { kind: "markDatabase", database: name, marker, why: "says whose it is" } },
      { change: { kind: "restrictDatabase", database: name, owner: role, why: "a new database is open to everybody" } },
      { change: open },
    ];
  }
  const items = markItems(desired, observed, database);
  items.push(...restrictItems(desired, observed, database));
  if (!database.allowConnections) items.push({ change: open });
  return items;
}

function restrictItems(desired: DatabaseDesired, observed: PostgresObservation, database: ObservedDatabase): Item[] {
  const change = { kind: "restrictDatabase", database: desired.database, owner: desired.role } as const;
  const differences = [
    ...(database.openToPublic ? ["every role of the server may connect to it"] : []),
    ...(database.closedToOwner === true ? ["its owner may not connect to it"] : []),
  ];
  if (differences.length > 0) {
    const why = differences.join("; ");
    return [
      isFinished(desired, observed)
        ? { change: { ...change, why }, drift: `database ${desired.database}: ${why}` }
        : { change: { ...change, why } },
    ];
  }
  if (observed.role?.heldByPlatform !== true) return [];
  return [{ change: { ...change, why: "the platform's role may still act as the owner" } }];
}

/** Made by us and once opened, the last step of all: what differs from then on was changed by somebody. */
function isFinished(desired: DatabaseDesired, observed: PostgresObservation): boolean {
  return ownsDatabase(desired, observed) && observed.database?.allowConnections === true;
}

function markItems(desired: DatabaseDesired, observed: PostgresObservation, database: ObservedDatabase): Item[] {
  const drift = `database ${desired.database}: its marker was removed`;
  return markIfUnmarked(desired, database).map((change) =>
    isFinished(desired, observed) ? { change, drift } : { change },
  );
}

function markIfUnmarked({ database, marker }: DatabaseDesired, observed: ObservedDatabase): DatabaseChange[] {
  if (observed.marker === marker) return [];
  return [{ kind: "markDatabase", database, marker, why: "says whose it is" }];
}

function loginChange({ role, connectionLimit }: DatabaseDesired, login: boolean, why: string): DatabaseChange {
  return { kind: "alterRole", role, connectionLimit, login, why };
}
