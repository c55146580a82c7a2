import type { Check } from "../check.ts";
import { digestOf } from "../digest.ts";
import { chapter05 } from "./chapter-05.ts";
import { chapter06 } from "./chapter-06.ts";
import { chapter07 } from "./chapter-07.ts";
import { chapter08 } from "./chapter-08.ts";
import { chapter09Accounts } from "./chapter-09-accounts.ts";
import { chapter09Isolation } from "./chapter-09-isolation.ts";
import { chapter09Logins } from "./chapter-09-logins.ts";
import { chapter10Flows } from "./chapter-10-flows.ts";
import { chapter10Secrets } from "./chapter-10-secrets.ts";
import { chapter10Storage } from "./chapter-10-storage.ts";
import { chapter11 } from "./chapter-11.ts";
import { chapter12Logs } from "./chapter-12-logs.ts";
import { chapter12Operations } from "./chapter-12-operations.ts";
import { chapter12Software } from "./chapter-12-software.ts";
import { chapter13 } from "./chapter-13.ts";
import { chapter14 } from "./chapter-14.ts";
import { chapter15 } from "./chapter-15.ts";
import { chapter16 } from "./chapter-16.ts";
import { chapter17 } from "./chapter-17.ts";
import { chapter18 } from "./chapter-18.ts";
import { chapter19 } from "./chapter-19.ts";

/** Every check, by chapter. */
export const catalogue: readonly Check[] = [
  ...chapter05,
  ...chapter06,
  ...chapter07,
  ...chapter08,
  ...chapter09Accounts,
  ...chapter09Logins,
  ...chapter09Isolation,
  ...chapter10Storage,
  ...chapter10Flows,
  ...chapter10Secrets,
  ...chapter11,
  ...chapter12Operations,
  ...chapter12Logs,
  ...chapter12Software,
  ...chapter13,
  ...chapter14,
  ...chapter15,
  ...chapter16,
  ...chapter17,
  ...chapter18,
  ...chapter19,
];

/** Part of each record of evidence: by these checks, as they were then. */
export const catalogueVersion = versionOf(catalogue);

/** Short: nobody gains by two catalogues of one version, since each record names the version of its check too. */
export function versionOf(checks: readonly Pick<Check, "id" | "version">[]): string {
  return digestOf(checks.map(({ id, version }) => [id, version])).slice(0, 16);
}
