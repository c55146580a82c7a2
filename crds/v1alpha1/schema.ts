import { z } from "zod";

/** One CEL rule: what must hold, and the sentence that a person reads when it does not. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** Attaches CEL rules to a schema; rules that it carries already stay. */
export function rules<T extends z.ZodType>(schema: T, ...added: readonly CelRule[]): T {
  const meta = (schema.meta() ?? {}) as { "x-kubernetes-validations"?: CelRule[] };
  return schema.meta({ ...meta, "x-kubernetes-validations": [...(meta["x-kubernetes-validations"] ?? []), ...added] });
}

/** A field that keeps the value it was created with. */
export function immutable<T extends z.ZodType>(schema: T, field: string): T {
  return rules(schema, { rule: "self == oldSelf", message: `${field} cannot change` });
}

/** Text with the meaning that documentation shows. */
export function described<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ ...schema.meta(), description });
}

/** A list without repeated items. */
export function setOf<T extends z.ZodType>(item: T, min: number, max: number): z.ZodArray<T> {
  return z.array(item).min(min).max(max).meta({ "x-kubernetes-list-type": "set" });
}

/** A list whose items are told apart by keys. */
export function mapOf<T extends z.ZodType>(item: T, keys: readonly string[], size: { readonly min: number; readonly max: number }): z.ZodArray<T> {
  return z.array(item).min(size.min).max(size.max).meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys });
}

export const objectName = () => z.string().min(1).max(63).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
/** A lower-case domain name, at most 200 characters: the longest host below it still fits into 253. */
export const domainName = (max = 200) => z.string().max(max).regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/);
export const emailAddress = () => z.string().max(254).regex(/^[^@ ]+@[^@ ]+$/);
export const capacity = () => z.string().max(16).regex(/^[0-9]+(Mi|Gi|Ti)$/);
export const versionText = () => z.string().max(32).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
export const webUrl = (max = 512) => z.string().max(max).regex(/^https?:\/\//);
export const secureUrl = (max = 512) => z.string().max(max).regex(/^https:\/\//);
export const cidrs = (min: number) => rules(setOf(z.string().max(43), min, 64), { rule: "self.all(c, isCIDR(c))", message: "not a CIDR" });
export const nameRef = () => z.object({ name: objectName() });
export const keyRef = () => z.object({ name: objectName(), key: z.string().min(1).max(63) });
export const dateTime = () => z.string().max(64).meta({ format: "date-time" });
export const date = () => z.string().max(10).meta({ format: "date" });
