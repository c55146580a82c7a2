import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { namespaceName } from "../../constructs/names.ts";
import { type PolicyExceptionSpec, policyExceptionSpec } from "../../crds/v1alpha1/policy-exception.ts";
import { tenantOfNamespace } from "../policy/checks/tenant-namespace.ts";
import { kindOf } from "../policy/evaluate.ts";
import { exceptionKind, isInForce } from "../policy/exceptions.ts";
import type { Result } from "../policy/result.ts";

/** What is excused, by whom, why, and with which measures. */
export interface ExceptionReport extends PolicyExceptionSpec {
  readonly namespace: string;
  readonly name: string;
  readonly filedAt?: string;
  readonly state: "inForce" | "notApproved" | "ended";
  /** What it excuses at this hour. */
  readonly excuses: readonly ObjectRef[];
}

export interface Exceptions {
  readonly exceptions: readonly ExceptionReport[];
  readonly malformed: readonly Manifest[];
}

/** Every PolicyException among the objects, those that ended too. Pure; `now` is RFC 3339. */
export function exceptionsOf(objects: readonly Manifest[], results: readonly Result[], now: string): Exceptions {
  const own = objects.filter((object) => kindOf(object) === kindOf(exceptionKind));
  const read = own.map((object) => ({ object, parsed: policyExceptionSpec.safeParse(object["spec"]) }));
  return {
    malformed: read.filter(({ parsed }) => !parsed.success).map(({ object }) => object),
    exceptions: read.flatMap(({ object: { metadata }, parsed }): ExceptionReport[] => {
      if (!parsed.success) return [];
      const { namespace = "", name } = metadata;
      const { creationTimestamp } = metadata as { readonly creationTimestamp?: string };
      return [
        {
          namespace,
          name,
          ...parsed.data,
          ...(creationTimestamp === undefined ? {} : { filedAt: creationTimestamp }),
          state: stateOf(parsed.data, Date.parse(now)),
          excuses: results.filter((result) => isExcusedBy(result, { namespace, name })).map(({ object }) => object),
        },
      ];
    }),
  };
}

function stateOf(spec: PolicyExceptionSpec, now: number): ExceptionReport["state"] {
  if (isInForce(spec, now)) return "inForce";
  return Date.parse(spec.expiresAt) <= now ? "ended" : "notApproved";
}

/** Names of exceptions are those of one home namespace. */
function isExcusedBy(
  { excusedBy, object }: Result,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): boolean {
  const tenant = tenantOfNamespace(object.namespace);
  return excusedBy === name && tenant !== undefined && namespaceName(tenant, "home") === namespace;
}
