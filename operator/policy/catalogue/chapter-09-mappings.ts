import type { Mappings } from "../check.ts";

/** What all of chapter 9 corresponds to elsewhere, beside the control of ISO/IEC 27001 where there is one. */
export function mapped(control?: string): Mappings {
  return { ...(control === undefined ? {} : { iso27001: [control] }), rgs: ["measures"], gdpr: ["25", "32"] };
}
