import type { Evaluation, Parameter } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, type SeenText, Unknown } from "../seen.ts";
import { externals } from "./managed-clusters.ts";
import { known, numSpotFacts, requireFact } from "./numspot-facts.ts";

const databases = "facts.databases";
const visibility = `${databases}[].visibility`;
const backups = `${databases}[].backups`;

export const managedDatabases: Read = numSpotFacts([known(databases), known(visibility, ["EXTERNAL"])]);

export function exposedDatabases(facts: Seen): readonly Problem[] {
  requireFact(facts, databases);
  return externals(
    facts,
    visibility,
    "The database has a public address, and locks no account; set its visibility to INTERNAL.",
  );
}

/** 9-21. A login that fails costs five seconds there, and never the account. */
export const databasesWithoutLock: Evaluation = {
  status: "implemented",
  subjects: [managedDatabases],
  judge: exposedDatabases,
};

export const backupCipher = {
  algorithm: { value: "AES256", source: "ours" },
} as const satisfies Readonly<Record<string, Parameter>>;

/** NumSpot encrypts neither unless it is told to. */
const none = { default: "NONE" };

/** 10-03, for databases of the provider. The API in an older version tells nothing of backups: then nobody knows. */
export const encryptedBackups: Evaluation = {
  status: "implemented",
  subjects: [
    numSpotFacts([
      known(databases),
      known(backups),
      { path: `${backups}.encryption`, whenAbsent: none, violations: ["NONE"] },
      { path: `${backups}.walEncryption`, whenAbsent: none, violations: ["NONE"] },
    ]),
  ],
  judge: (facts) => {
    requireFact(facts, databases);
    facts.each(backups);
    return [
      ...facts.texts(`${backups}.encryption`).flatMap((seen) => unencrypted(seen, "Backups", "backup")),
      ...facts
        .texts(`${backups}.walEncryption`)
        .flatMap((seen) => unencrypted(seen, "Write-ahead logs", "walArchiving")),
    ];
  },
};

function unencrypted({ field, value }: SeenText, what: string, setting: string): readonly Problem[] {
  if (value === backupCipher.algorithm.value) return [];
  if (value !== "NONE") throw new Unknown(field, `${field} is no encryption that this release knows.`);
  const message = `${what} lie in clear; set ${setting}.encryption to ${backupCipher.algorithm.value}, and remove those that were made before.`;
  return [{ field, observed: value, message }];
}
