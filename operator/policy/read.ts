/** A field that a check reads, what it means where it is not there, and values that must not pass. */
export interface FieldRead {
  /**
   * `spec.rules[].host`: `[]` stands for each item; a key with dots stands in brackets, `metadata.labels[socle.dev/tenant]`; `|` opens a text that is
   * YAML or JSON, `data[homeserver.yaml]|report_stats`.
   */
  readonly path: string;
  /** A value that the server would take counts as that value; what is not known is an error, never a pass. */
  readonly whenAbsent: { readonly default: unknown } | "fail" | "error";
  /** Each turns an object that passes into one that fails. Tried in tests, so that no check is unable to fail. */
  readonly violations: readonly unknown[];
}

/** Objects of a kind that a check reads: watches and rights of the operator come from it. */
export interface Read {
  readonly apiVersion: string;
  readonly kind: string;
  /** Namespaces of tenants, the platform's own, objects that have none, or what the provider of a region tells: no API server has that. */
  readonly scope: "tenant" | "platform" | "cluster" | "provider";
  /** Of a kind that is looked at beside: without one such object nothing can be judged, and the check says so instead of failing everything. */
  readonly required?: true;
  /** Only objects of these names: ConfigMaps are read one by one, never listed. All by default. */
  readonly named?: readonly string[];
  readonly fields: readonly FieldRead[];
}

/** What is wrong with an object: the field, what it says, and what to do. */
export interface Problem {
  readonly field: string;
  /** Short and without secrets: it goes into reports. */
  readonly observed: string;
  /** One sentence with the remedy. */
  readonly message: string;
}

/** Is this an object of those that are read? */
export function isRead(
  { apiVersion, kind, named }: Pick<Read, "apiVersion" | "kind" | "named">,
  object: { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } },
): boolean {
  if (object.apiVersion !== apiVersion || object.kind !== kind) return false;
  return named === undefined || named.includes(object.metadata.name);
}
