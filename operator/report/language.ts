/** Languages that a report is written in. What checks say of objects is English in both. */
export const languages = ["fr", "en"] as const;
export type Language = (typeof languages)[number];
