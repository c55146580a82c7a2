/** An object as a person writes it. */
export type Manifest = Readonly<Record<string, unknown>>;

/** One CEL rule with an object on either side of it. */
export interface RuleRow {
  /** Where the rule holds, as celRules() writes it. */
  readonly at: string;
  /** What the person reads; together with `at` it names the rule. */
  readonly says: string;
  /** For rules about changes: what the object was before, in as many steps as it took. Absent = the rule holds at creation. */
  readonly before?: readonly [Manifest, ...Manifest[]];
  /** As close to the refused object as the rule lets pass. */
  readonly accepts: Manifest;
  readonly refuses: Manifest;
}

/** A JSON merge patch (RFC 7386): objects are merged, lists replaced, null takes away. */
export function merged(base: Manifest, patch: Manifest): Manifest {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = isMap(value) ? merged(isMap(result[key]) ? result[key] : {}, value) : value;
  }
  return result;
}

function isMap(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The tenant that the namespaced objects of the tables belong to. */
export const tenantName = "apirules";
/** Its home namespace. */
export const home = `t-${tenantName}`;
/** The user who asks: the operator, because nobody else may write claims, and with every right, so that only the API judges. */
export const asker = "socle-operator";
