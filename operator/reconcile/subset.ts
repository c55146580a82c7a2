/**
 * Does a live object already say everything that we say? The server adds defaults and reorders maps, so only the fields that
 * we set count. Lists must have the same length: a list that we set is ours as a whole; but finalizers are a set to which others add
 * theirs. Quantities compare by value.
 */
export function firstDifference(wanted: unknown, live: unknown, path = ""): string | undefined {
  if (wanted === undefined) return undefined;
  if (Array.isArray(wanted)) return listDifference(wanted, live, path);
  if (wanted !== null && typeof wanted === "object")
    return mapDifference(wanted as Record<string, unknown>, live, path);
  if (Object.is(wanted, live)) return undefined;
  if (sameQuantity(wanted, live)) return undefined;
  return path === "" ? "/" : path;
}

function listDifference(wanted: readonly unknown[], live: unknown, path: string): string | undefined {
  if (!Array.isArray(live)) return wanted.length === 0 && live === undefined ? undefined : path;
  if (path === "/metadata/finalizers") return wanted.every((item) => live.includes(item)) ? undefined : path;
  if (live.length !== wanted.length) return path;
  for (const [index, item] of wanted.entries()) {
    const found = firstDifference(item, live[index], `${path}/${index}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mapDifference(wanted: Readonly<Record<string, unknown>>, live: unknown, path: string): string | undefined {
  const entries = Object.entries(wanted).filter(([, value]) => value !== undefined);
  if (live === null || typeof live !== "object" || Array.isArray(live)) {
    return entries.length === 0 && live === undefined ? undefined : path;
  }
  const other = live as Readonly<Record<string, unknown>>;
  for (const [key, value] of entries) {
    const found = firstDifference(value, other[key], `${path}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const quantityPattern = /^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;
const factors: Readonly<Record<string, number>> = {
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** The value of a Kubernetes quantity such as `500m` or `10Gi`; undefined if the text is none. */
export function quantityValue(text: string | number): number | undefined {
  const match = quantityPattern.exec(String(text));
  if (match === null) return undefined;
  const [, digits = "", suffix] = match;
  return Number(digits) * (suffix === undefined ? 1 : (factors[suffix] ?? Number.NaN));
}

/** The server rewrites `1000m` to `1` and `"5"` to `5`; a suffix must be there, or two different numbers-as-text would pass. */
function sameQuantity(wanted: unknown, live: unknown): boolean {
  if (typeof wanted !== "string" || (typeof live !== "string" && typeof live !== "number")) return false;
  const [left, right] = [quantityValue(wanted), quantityValue(live)];
  return left !== undefined && left === right;
}
