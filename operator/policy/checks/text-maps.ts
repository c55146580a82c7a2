import { type SeenText, type SeenValue, textOf, Unknown } from "../seen.ts";

/** What a map of texts holds, such as the data of a ConfigMap. @throws Unknown where it is none. */
export function entriesOf({ field, value }: SeenValue): readonly (readonly [key: string, text: SeenText])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unknown(field, `${field} is no object.`);
  return Object.entries(value).map(([key, text]) => [key, textOf({ field: `${field}[${key}]`, value: text })]);
}
