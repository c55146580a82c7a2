import { english } from "./english.ts";
import { french } from "./french.ts";
import type { Language } from "./language.ts";
import type { Wording } from "./wording.ts";

/** The words of a report, by language. */
export const words: Readonly<Record<Language, Wording>> = { fr: french, en: english };

/** `27 November 2026 at 06:12 UTC`; a day alone for what has no hour. */
export function dateText(value: string, { locale, unknown }: Wording): string {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return value === "" ? unknown : value;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(at);
  const hour = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone: "UTC" }).format(at);
  return isDay ? day : `${day}, ${hour} UTC`;
}
