import { apiVersion, names } from "../../../crds/group.ts";
import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import type { Seen } from "../seen.ts";

/** 6-01. Whoever is called in an incident must not be the person whose work is looked into. */
export const namedContacts: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion,
      kind: "Tenant",
      scope: "cluster",
      fields: [
        { path: "spec.organization.contacts[].role", whenAbsent: "fail", violations: ["DPO", "Technical"] },
        { path: "spec.organization.contacts[].email", whenAbsent: "fail", violations: ["ops@meteo.example", ""] },
      ],
    },
  ],
  judge: (tenant) => {
    const addresses = tenant.texts("spec.organization.contacts[].email");
    const roles = tenant.texts("spec.organization.contacts[].role");
    const of = (role: string): readonly string[] =>
      addresses
        .filter((_, index) => roles[index]?.value === role)
        .map(({ value }) => value.trim().toLowerCase())
        .filter((address) => address !== "");
    const technical = new Set(of("Technical"));
    return ["DPO", "SecurityOfficer"].flatMap((role): Problem[] => {
      if (of(role).some((address) => !technical.has(address))) return [];
      const message = `No ${role} is named who is somebody else than the technical contact; name one in spec.organization.contacts.`;
      return [{ field: "spec.organization.contacts", observed: `${of(role).length} of role ${role}`, message }];
    });
  },
};

/** Who looks at what others do does not do it. */
const incompatible: readonly (readonly [string, string])[] = [
  [names.auditorRole, names.tenantAdminRole],
  [names.auditorRole, names.identityAdminRole],
];

export const incompatibleRoles: Readonly<Record<string, Parameter>> = {
  incompatible: { value: incompatible.map((pair) => pair.join(" and ")), source: "ours" },
};

const subjectsOf = (binding: Seen): readonly { readonly field: string; readonly who: string }[] => {
  const kinds = binding.texts("subjects[].kind");
  return binding.texts("subjects[].name").map(({ field, value }, index) => ({
    field,
    who: `${kinds[index]?.value ?? ""} ${value}`,
  }));
};

/** 6-03. Who is in a group is known to the identity provider alone: subjects are compared by their names. */
export const separateDuties: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      scope: "tenant",
      fields: [
        { path: "roleRef.name", whenAbsent: "error", violations: [] },
        { path: "subjects[].kind", whenAbsent: "error", violations: [] },
        { path: "subjects[].name", whenAbsent: "error", violations: ["meteo-admins"] },
      ],
    },
  ],
  judge: (binding, { within }) => {
    const role = binding.text("roleRef.name").value;
    const others = incompatible.flatMap(([one, other]) => (one === role ? [other] : other === role ? [one] : []));
    const holders = within(binding.namespace, "RoleBinding")
      .filter((other) => others.includes(other.text("roleRef.name").value))
      .flatMap((other) => subjectsOf(other).map(({ who }) => ({ who, role: other.text("roleRef.name").value })));
    return subjectsOf(binding).flatMap(({ field, who }): Problem[] => {
      const also = holders.find((holder) => holder.who === who);
      if (also === undefined) return [];
      const message = `${who} holds ${role} and ${also.role}, which exclude each other; take one away.`;
      return [{ field, observed: who, message }];
    });
  },
};

/** 6-04. Names are compared as identity providers do that know no upper case. */
export const fourEyes: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion,
      kind: "PolicyException",
      scope: "tenant",
      fields: [
        { path: "spec.requestedBy", whenAbsent: "error", violations: ["alex"] },
        // Not approved yet: it excuses nothing.
        { path: "spec.approvedBy", whenAbsent: { default: "" }, violations: ["camille", "Camille "] },
      ],
    },
  ],
  judge: (exception) => {
    const plain = (name: string): string => name.trim().toLowerCase();
    const asker = exception.text("spec.requestedBy").value;
    const { field, value: approver } = exception.text("spec.approvedBy");
    if (plain(asker) !== plain(approver)) return [];
    return [
      { field, observed: approver, message: "Who asked approved it as well; somebody else has to file a new one." },
    ];
  },
};
