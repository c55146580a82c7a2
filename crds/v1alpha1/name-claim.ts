import { z } from "zod";
import { objectParser } from "./parse.ts";
import { described, immutable, rules } from "./schema.ts";
import { ageColumn, column, type KindMeta, type LiveObject } from "./status.ts";

export const nameClaimKinds = [
  "Domain",
  "Hostname",
  "MailDomain",
  "LegalIdentifier",
  "RealmName",
  "MatrixServerName",
  "Bucket",
  "Database",
  "Context",
] as const;
export type NameClaimKind = (typeof nameClaimKinds)[number];

export const nameClaimSpec = rules(
  z.object({
    kind: described(immutable(z.enum(nameClaimKinds), "kind"), "What is claimed"),
    value: described(
      immutable(z.string().min(1).max(512), "value"),
      "Canonical lower-case value; for names that are unique per server: server/name",
    ),
    holder: described(
      z.object({
        name: described(z.string().min(1).max(63), "Tenant"),
        legalIdentifier: described(z.string().min(3).max(64), "Scheme:value"),
        uid: described(z.string().max(36), "UID, informative").optional(),
      }),
      "Tenant that holds it",
    ),
    state: described(
      z.enum(["Held", "Retained", "Tombstoned"]),
      "Held; Retained = the data waits for the same tenant; Tombstoned = never given out again",
    ).default("Held"),
  }),
  { rule: "oldSelf.state != 'Tombstoned' || self == oldSelf", message: "a claim that is Tombstoned never changes" },
  {
    rule: "oldSelf.state != 'Retained' || self.state == 'Tombstoned' || (self.holder.name == oldSelf.holder.name && self.holder.legalIdentifier == oldSelf.holder.legalIdentifier)",
    message: "retained data goes back to the same tenant of the same legal identifier only",
  },
);

export type NameClaimSpec = z.infer<typeof nameClaimSpec>;
/** A claim has no status: it is there, or it is not. */
export type NameClaim = LiveObject<NameClaimSpec, never>;

/** The guard at the cache's edge: a typed NameClaim, or what is wrong with it. */
export const parseNameClaim = objectParser<NameClaimSpec, never>({
  kind: "NameClaim",
  spec: nameClaimSpec,
  status: undefined,
});

export const nameClaimKind: KindMeta = {
  kind: "NameClaim",
  plural: "nameclaims",
  singular: "nameclaim",
  shortNames: ["ncl"],
  scope: "Cluster",
  description: "A name that belongs to one tenant. Its creation is the lock.",
  columns: [
    column("Kind", ".spec.kind"),
    column("Value", ".spec.value"),
    column("Holder", ".spec.holder.name"),
    column("State", ".spec.state"),
    ageColumn,
  ],
  selectableFields: [],
  objectRules: [],
  spec: nameClaimSpec,
  status: undefined,
};
