import type { Check } from "../check.ts";
import { chapter09Accounts } from "./chapter-09-accounts.ts";
import { chapter09Isolation } from "./chapter-09-isolation.ts";
import { chapter09Logins } from "./chapter-09-logins.ts";
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
  ...chapter09Accounts,
  ...chapter09Logins,
  ...chapter09Isolation,
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
