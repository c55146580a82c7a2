import { type AuditEvent, auditEvents } from "./test-cluster.ts";

interface Audited extends AuditEvent {
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/**
 * What a user did to the objects of a tenant with effect, as the API server recorded it: `verb resource namespace/name`. Events, which
 * may be told again, are left out. An apply that made its object counts as the create that it was.
 */
export function deedsOn(
  tenant: string,
  at: { readonly auditLog: string; readonly user: string },
  verbs: readonly string[],
): readonly string[] {
  return (auditEvents(at.auditLog, at.user) as Audited[])
    .filter(({ responseStatus: answer }) => (answer?.code ?? 500) < 300)
    .map((event) => ({ ...event, verb: event.responseStatus?.code === 201 ? "create" : event.verb }))
    .filter(({ verb }) => verbs.includes(verb))
    .map(({ verb, objectRef: { resource = "", namespace = "", name = "" } = {} }) => {
      // Of a request to one namespace the record says that it is in that namespace; of its creation it does not.
      const place = resource === "namespaces" ? "" : namespace;
      return `${verb} ${resource} ${place}/${name}`;
    })
    .filter((text) => text.includes(tenant) && !text.includes(" events "));
}
