import type { KubeObject } from "../../operator/kube/kube-api.ts";

type Labels = Readonly<Record<string, string>>;

/** Does a label selector (equality and set based) choose these labels? An empty one chooses everything. */
export function labelsMatch(selector: string, labels: Labels): boolean {
  return requirementsOf(selector).every((requirement) => requirementHolds(requirement, labels));
}

/** Does a field selector (`path=value`, `path!=value`) choose this object? */
export function fieldsMatch(selector: string, object: KubeObject): boolean {
  return selector
    .split(",")
    .filter((part) => part !== "")
    .every((part) => {
      const found = /^([^!=]+)(!=|==?)(.*)$/.exec(part.trim());
      if (found === null) throw new Error(`Field selector ${selector} cannot be read.`);
      const [, path = "", operator = "=", value = ""] = found;
      return (fieldOf(object, path) === value) === (operator !== "!=");
    });
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Commas separate requirements, except between brackets. */
function requirementsOf(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function requirementHolds(requirement: string, labels: Labels): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const value = labels[key];
    const listed = value !== undefined && list.split(",").some((entry) => entry.trim() === value);
    return operator === "in" ? listed : !listed;
  }
  const equality = /^([^!=\s]+)\s*(!=|==?)\s*(\S*)$/.exec(requirement);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return (labels[key] === value) === (operator !== "!=");
  }
  if (requirement.startsWith("!")) return labels[requirement.slice(1).trim()] === undefined;
  return labels[requirement] !== undefined;
}
