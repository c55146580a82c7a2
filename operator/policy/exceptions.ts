import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion, names } from "../../crds/group.ts";
import { type PolicyExceptionSpec, policyExceptionSpec } from "../../crds/v1alpha1/policy-exception.ts";
import type { Check } from "./check.ts";
import { homeNamespace, tenantOfNamespace } from "./checks/tenant-namespace.ts";
import type { Result } from "./result.ts";

/** What exceptions are found by among other objects. */
export const exceptionKind = { apiVersion, kind: "PolicyException" } as const;

/** An exception that excuses something now. */
interface ActiveException {
  readonly name: string;
  readonly tenant: string;
  readonly spec: PolicyExceptionSpec;
}

/** What exceptions are applied to results by. `now` is RFC 3339. */
export interface Excusing {
  readonly checks: readonly Check[];
  readonly exceptions: readonly Manifest[];
  /** The object of a result, whose labels say what module it belongs to. */
  readonly find: (ref: ObjectRef) => Manifest | undefined;
  readonly now: string;
}

/**
 * The results with every fail that an active exception excuses as a skip which names it. What could not be judged stays an error: nobody can take a risk
 * that nobody knows. The clock is asked on every call, as an exception ends without any object changing. Pure.
 */
export function excused(results: readonly Result[], { checks, exceptions, find, now }: Excusing): readonly Result[] {
  const active = exceptions.flatMap((exception) => activeException(exception, now));
  if (active.length === 0) return results;
  const excusable = new Set(checks.flatMap(({ id, excusable: may }) => (may ? [id] : [])));
  const byCheck = Map.groupBy(active, ({ spec }) => spec.check);
  return results.map((result) => {
    if (result.result !== "fail" || !excusable.has(result.check)) return result;
    const by = byCheck.get(result.check)?.find((exception) => covers(exception, result.object, find));
    return by === undefined ? result : { ...result, result: "skip", excusedBy: by.name };
  });
}

/** Is it approved by another person than who asked, and not at its end? The API server sees to the rest. */
export function isInForce({ approvedBy, requestedBy, expiresAt }: PolicyExceptionSpec, now: number): boolean {
  return approvedBy !== undefined && approvedBy !== "" && approvedBy !== requestedBy && now < Date.parse(expiresAt);
}

/** Empty where it does not excuse anything now; it counts in the home namespace of a tenant alone. */
function activeException({ metadata, spec }: Manifest, now: string): readonly ActiveException[] {
  const tenant = tenantOfNamespace(metadata.namespace);
  if (tenant === undefined || metadata.namespace !== homeNamespace(tenant)) return [];
  const parsed = policyExceptionSpec.safeParse(spec);
  if (!parsed.success || !isInForce(parsed.data, Date.parse(now))) return [];
  return [{ name: metadata.name, tenant, spec: parsed.data }];
}

function covers({ tenant, spec }: ActiveException, object: ObjectRef, find: Excusing["find"]): boolean {
  const { module, kind, name } = spec.target;
  if (tenantOfNamespace(object.namespace) !== tenant) return false;
  if (kind !== undefined && kind !== object.kind) return false;
  if (name !== undefined && name !== object.name) return false;
  return find(object)?.metadata.labels?.[names.moduleLabel] === module;
}
