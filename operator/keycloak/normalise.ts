/** Lists that Keycloak treats as sets. */
const sets = new Set(["supportedLocales", "redirectUris", "webOrigins", "enabledEventTypes", "realmRoles"]);
export const masked = "**********";

/**
 * Paths at which what Keycloak holds differs from what we want. Only keys that we set count: the server adds its own. Sets are
 * unordered, "" equals absent, a masked secret cannot be compared, numbers inside maps of text are text.
 */
export function differences(wanted: unknown, live: unknown, path: string): string[] {
  if (wanted === undefined || live === masked) return [];
  if (live === undefined || live === null) return wanted === "" || wanted === null ? [] : [path];
  if (Array.isArray(wanted))
    return Array.isArray(live) && listText(wanted, path) === listText(live, path)
      ? []
      : listDifferences(wanted, live, path);
  if (typeof wanted === "object" && wanted !== null) {
    return Object.entries(wanted).flatMap(([key, value]) =>
      differences(value, (live as Record<string, unknown>)[key], `${path}.${key}`),
    );
  }
  return wanted === live ? [] : [path];
}

function listDifferences(wanted: readonly unknown[], live: unknown, path: string): string[] {
  if (!Array.isArray(live) || live.length !== wanted.length || sets.has(lastKey(path))) return [path];
  return wanted.flatMap((item, index) => differences(item, live[index], `${path}[${index}]`));
}

function listText(list: readonly unknown[], path: string): string {
  const texts = list.map((item) => JSON.stringify(item));
  return (sets.has(lastKey(path)) ? texts.sort() : texts).join("\n");
}

/** Text that is the same for the same wish, whatever the order in which its keys, and the members of its sets, were written. */
export function canonicalText(wanted: unknown): string {
  return JSON.stringify(wanted, (key, value: unknown): unknown => {
    if (Array.isArray(value)) return sets.has(key) ? [...(value as unknown[])].sort() : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function lastKey(path: string): string {
  return path.split(".").at(-1) ?? "";
}
