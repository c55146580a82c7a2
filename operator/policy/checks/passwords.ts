import type { AdmissionRule } from "../admission/rule.ts";
import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";

const leastRounds = 12;

export const passwordHashing: Readonly<Record<string, Parameter>> = {
  bcryptRounds: { value: leastRounds, source: "ours" },
  databases: { value: "scram-sha-256", source: "ours" },
};

const passwordsAllowed = "data[homeserver.yaml]|password_config.enabled";
const bcryptRounds = "data[homeserver.yaml]|bcrypt_rounds";
const encryption = "spec.postgresql.parameters.password_encryption";
const accessRules = "spec.postgresql.pg_hba[]";

/** 10-17. What realms and file shares do is told by the applications themselves, not by objects. */
export const hashedPasswords: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      scope: "tenant",
      named: ["synapse-config"],
      fields: [
        { path: passwordsAllowed, whenAbsent: { default: true }, violations: [] },
        { path: bcryptRounds, whenAbsent: { default: 12 }, violations: [4, 11] },
      ],
    },
    {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      scope: "tenant",
      fields: [
        { path: encryption, whenAbsent: { default: "scram-sha-256" }, violations: ["md5", "on"] },
        {
          path: accessRules,
          whenAbsent: "error",
          violations: ["host all all all md5", "hostssl all all all password", "local all all trust"],
        },
      ],
    },
  ],
  judge: (object) => (object.object.kind === "ConfigMap" ? ofHomeserver(object) : ofDatabase(object)),
};

/** The same for databases, before they are there. */
export const passwordAdmission: readonly AdmissionRule[] = [
  {
    check: "10-17",
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    plural: "clusters",
    fields: [encryption, accessRules],
    keeps: [
      "object.?spec.?postgresql.?parameters[?'password_encryption'].orValue('scram-sha-256') == 'scram-sha-256'",
      "object.?spec.?postgresql.?pg_hba.orValue([]).all(r, !r.matches('(^|\\\\s)(md5|password|trust)(\\\\s|$)'))",
    ].join(" && "),
    message:
      "spec.postgresql keeps passwords by a weak method, or admits somebody by one or by none; ask for scram-sha-256.",
  },
];

/** https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html: on unless switched off, with 12 rounds. */
function ofHomeserver(config: Seen): readonly Problem[] {
  const { field, value: rounds } = config.one(bcryptRounds);
  const allowed = config.one(passwordsAllowed);
  if (typeof allowed.value !== "boolean")
    throw new Unknown(allowed.field, `${allowed.field} is neither true nor false.`);
  if (typeof rounds !== "number") throw new Unknown(field, `${field} is no number.`);
  if (!allowed.value || rounds >= leastRounds) return [];
  const message = `Passwords of the homeserver are hashed by fewer than ${leastRounds} rounds of bcrypt; switch them off, or raise bcrypt_rounds.`;
  return [{ field, observed: String(rounds), message }];
}

/** https://www.postgresql.org/docs/current/auth-pg-hba-conf.html: the method follows the address, and options follow it. */
function ofDatabase(cluster: Seen): readonly Problem[] {
  const { field, value } = cluster.text(encryption);
  const weak = cluster.texts(accessRules).filter((rule) => /(?:^|\s)(?:md5|password|trust)(?:\s|$)/.test(rule.value));
  return [
    ...(value === "scram-sha-256"
      ? []
      : [{ field, observed: value, message: "Passwords are kept by another method than scram-sha-256; set it." }]),
    ...weak.map((rule) => ({
      field: rule.field,
      observed: rule.value,
      message: `${rule.field} admits somebody by a weak method or by none; ask for scram-sha-256.`,
    })),
  ];
}
