import { z } from "zod";

/** A Map, so that no key means anything but itself. */
export type Labels = ReadonlyMap<string, string>;

/** A label selector as requirements that hold together; without one it selects everything. `matchLabels` are requirements too: In, with one value. */
export type Selector = readonly Requirement[];

export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels.get(requirement.key)));
}

/** Whether a label with that value, or none, meets the requirement. */
export function holds(
  { operator, values }: Pick<Requirement, "operator" | "values">,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    // Also where there is no such label.
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

const part = "[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?";
const labelKey = z
  .string()
  .regex(new RegExp(`^(?:[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?/)?${part}$`), "this is no key of a label; mend it");
const labelValue = z
  .string("the value of a label is text; put it in quotes")
  .regex(new RegExp(`^(?:${part})?$`), "this is no value of a label; mend it");

export const labelsSchema = z
  .record(labelKey, labelValue)
  .nullish()
  .transform((labels): Labels => new Map(Object.entries(labels ?? {})));

const requirementSchema = z
  .strictObject({
    key: labelKey,
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
    values: z.array(labelValue).nullish(),
  })
  .superRefine(({ operator, values }, context) => {
    const listed = (values ?? []).length > 0;
    const wanted = operator === "In" || operator === "NotIn";
    if (wanted && !listed)
      context.addIssue({ code: "custom", path: ["values"], message: `${operator} needs values; list one at least` });
    if (!wanted && listed)
      context.addIssue({ code: "custom", path: ["values"], message: `${operator} takes no values; remove them` });
  });

export const selectorSchema = z
  .strictObject({ matchLabels: labelsSchema, matchExpressions: z.array(requirementSchema).nullish() })
  .transform(
    ({ matchLabels, matchExpressions }): Selector => [
      ...[...matchLabels].map(([key, value]) => ({ key, operator: "In" as const, values: [value] })),
      ...(matchExpressions ?? []).map(({ key, operator, values }) => ({ key, operator, values: values ?? [] })),
    ],
  );
