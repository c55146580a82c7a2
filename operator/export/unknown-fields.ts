const envelope = new Set(["apiVersion", "kind", "metadata", "spec"]);

/** Paths of fields that a parsed object has lost: its schema does not know them. Written as in kubectl: spec.modules[0].sise. */
export function unknownFields(
  given: Readonly<Record<string, unknown>>,
  parsed: Readonly<Record<string, unknown>>,
): string[] {
  const strange = Object.keys(given).filter((key) => !envelope.has(key));
  return [...strange, ...lost(given["spec"], parsed["spec"], "spec")];
}

function lost(given: unknown, parsed: unknown, path: string): string[] {
  if (Array.isArray(given))
    return given.flatMap((item, index) => lost(item, (parsed as readonly unknown[])[index], `${path}[${index}]`));
  if (given === null || typeof given !== "object") return [];
  const kept = parsed as Readonly<Record<string, unknown>>;
  return Object.entries(given).flatMap(([key, value]) =>
    Object.hasOwn(kept, key) ? lost(value, kept[key], `${path}.${key}`) : [`${path}.${key}`],
  );
}
