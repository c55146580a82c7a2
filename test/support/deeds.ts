import { type AuditEvent, auditEvents } from "./test-cluster.ts";

interface Audited extends AuditEvent {
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/**
 * What a user did to the objects of a tenant with effect, as the API server recorded it: `verb resource namespace/name`. Events, which
 * may be told again, are left out.
 */
export function deedsOn(
  tenant: string,
  at: { readonly auditLog: string; readonly user: string },
  verbs: readonly string[],
): readonly string[] {
  return (auditEvents(at.auditLog, at.user) as Audited[])
    .filter(({ verb, responseStatus: answer }) => verbs.includes(verb) && (answer?.code ?? 500) < 300)
    .map(({ verb, objectRef: ref = {} }) => `${verb} ${ref.resource ?? ""} ${ref.namespace ?? ""}/${ref.name ?? ""}`)
    .filter((text) => text.includes(tenant) && !text.includes(" events "));
}
