import { apiVersion } from "../../../crds/group.ts";
import type { Surroundings } from "../check.ts";
import type { FieldRead, Read } from "../read.ts";
import { oncePer } from "../surroundings.ts";
import type { Subject } from "./rbac.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";

const administratorKind: FieldRead = { path: "spec.administrators[].kind", whenAbsent: "error", violations: [] };

/** Whom tenants name as their administrators, with names that must not pass. */
export function tenantAdministrators(violations: readonly unknown[]): Read {
  const name: FieldRead = { path: "spec.administrators[].name", whenAbsent: "error", violations };
  return { apiVersion, kind: "Tenant", scope: "cluster", required: true, fields: [administratorKind, name] };
}

/** Groups that everybody of the cluster is in, hence everybody of every tenant. */
const everybody = ["system:authenticated", "system:serviceaccounts"];

/** By kind and name of who is named: tenants that name them, each once. */
const byAdministrator = oncePer(({ of }): ReadonlyMap<string, readonly string[]> => {
  const naming = of("Tenant").flatMap((tenant) => {
    const kinds = tenant.texts("spec.administrators[].kind");
    const named = tenant.texts("spec.administrators[].name");
    const who = named.map(({ value }, index) => JSON.stringify([kinds[index]?.value, value]));
    return [...new Set(who)].map((one) => ({ one, tenant: tenant.name }));
  });
  return new Map(
    [...Map.groupBy(naming, ({ one }) => one)].map(([one, some]) => [one, some.map(({ tenant }) => tenant)]),
  );
});

/** The tenants that a subject belongs to: it is named by them, or an account of their namespaces. `*`: all of them. */
export function tenantsOf({ kind, name, namespace }: Subject, surroundings: Surroundings): readonly string[] {
  const naming = byAdministrator(surroundings).get(JSON.stringify([kind, name])) ?? [];
  if (kind === "Group" && everybody.includes(name)) return ["*"];
  const account = /^system:serviceaccounts?:([^:]+)/.exec(name)?.[1] ?? (kind === "ServiceAccount" ? namespace : "");
  return [...naming, ...[tenantOfNamespace(account) ?? []].flat()];
}
