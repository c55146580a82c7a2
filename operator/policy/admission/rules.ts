import { databaseAdmission } from "../checks/database-exposure.ts";
import { tokenAdmission } from "../checks/logins.ts";
import { passwordAdmission } from "../checks/passwords.ts";
import type { AdmissionRule } from "./rule.ts";

/** What the API server holds objects to, in the order of the checks. */
export const admissionRules: readonly AdmissionRule[] = [...tokenAdmission, ...databaseAdmission, ...passwordAdmission];
