import type { ContextDesired, ObservedContext } from "./openxchange-api.ts";
import { child, element, type XmlElement } from "./xml.ts";

/** Namespaces of OXContextService and OXUserService, as their WSDL documents name them. */
const soap = "http://schemas.xmlsoap.org/soap/envelope/";
const services = "http://soap.admin.openexchange.com";
const objects = "http://dataobjects.soap.admin.openexchange.com/xsd";
const credentials = "http://dataobjects.rmi.admin.openexchange.com/xsd";

/** Attributes of a context have two-part names. */
const attributeSpace = "socle.dev";
const attributes = { marker: "owner", applied: "applied" } as const;

/** Who calls: the master administrator, or the administrator of one context. */
export interface Account {
  readonly login: string;
  readonly password: string;
}

/** Elements of a context, an account or a user, in the order of their schema. */
type Fields = readonly (readonly [name: string, value: string | readonly XmlElement[]])[];

/** One call as a SOAP 1.1 envelope. */
export function request(operation: string, parts: readonly XmlElement[], account: Account): XmlElement {
  const auth = element(services, "auth", [
    element(credentials, "login", account.login),
    element(credentials, "password", account.password),
  ]);
  const body = element(soap, "Body", [element(services, operation, [...parts, auth])]);
  return element(soap, "Envelope", [body]);
}

function part(name: string, fields: Fields): XmlElement {
  return element(
    services,
    name,
    fields.map(([field, value]) => element(objects, field, value)),
  );
}

/** A context by its name alone. */
export function contextNamed(name: string): XmlElement {
  return part("ctx", [["name", name]]);
}

/** A context by its number alone. */
export function contextNumbered(id: number): XmlElement {
  return part("ctx", [["id", String(id)]]);
}

export function newContext(
  { name, loginMappings, quotaMi, marker }: ContextDesired,
  also: { readonly id: number; readonly applied: string },
): XmlElement {
  return part("ctx", [
    ["id", String(also.id)],
    ...loginMappings.map((word) => ["loginMappings", word] as const),
    ["maxQuota", String(quotaMi)],
    ["name", name],
    ["userAttributes", attributeMap({ marker, applied: also.applied })],
  ]);
}

/** What is left out stays as it is; mappings replace each other as a whole, so that the name goes along. */
export function changedContext(
  name: string,
  to: Pick<ContextDesired, "loginMappings" | "quotaMi" | "marker"> & { readonly applied: string },
): XmlElement {
  return part("ctx", [
    ...[...to.loginMappings, name].map((word) => ["loginMappings", word] as const),
    ["maxQuota", String(to.quotaMi)],
    ["name", name],
    ["userAttributes", attributeMap(to)],
  ]);
}

/** The first account of a new context. These fields are mandatory, and `email1` has to equal `primaryEmail`. */
export function newAdministrator({ name, email }: ContextDesired["administrator"], password: string): XmlElement {
  return part("admin_user", [
    ["display_name", "Administrator"],
    ["email1", email],
    ["given_name", "Context"],
    ["name", name],
    ["password", password],
    ["primaryEmail", email],
    ["sur_name", "Administrator"],
  ]);
}

export function userNamed(name: string): XmlElement {
  return part("user", [["name", name]]);
}

function attributeMap({ marker, applied }: { readonly marker: string; readonly applied: string }): XmlElement[] {
  const entry = (key: string, value: string | readonly XmlElement[]): XmlElement =>
    element(objects, "entries", [element(objects, "key", key), element(objects, "value", value)]);
  return [entry(attributeSpace, [entry(attributes.applied, applied), entry(attributes.marker, marker)])];
}

/** What a SOAP answer holds: the element that the operation returns, or the class of its fault. */
export type SoapAnswer =
  | { readonly kind: "returned"; readonly value: XmlElement | undefined }
  /** Undefined: the fault does not tell its class. Its text is left unread: it may repeat what was sent. */
  | { readonly kind: "fault"; readonly faultClass: string | undefined }
  | { readonly kind: "no-soap" };

export function soapAnswer(envelope: XmlElement): SoapAnswer {
  const body = envelope.namespace === soap && envelope.name === "Envelope" ? child(envelope, "Body") : undefined;
  if (body === undefined) return { kind: "no-soap" };
  const fault = child(body, "Fault");
  if (fault === undefined) return { kind: "returned", value: child(body.children[0], "return") };
  const named = child(fault, "detail")?.children[0]?.name ?? "";
  return { kind: "fault", faultClass: /^[A-Z][A-Za-z]{1,60}Exception$/.test(named) ? named : undefined };
}

/** The context that an answer tells of, or undefined where it is none. */
export function observedContext(told: XmlElement): ObservedContext | undefined {
  const [id, name] = [Number(child(told, "id")?.text), child(told, "name")?.text];
  if (!Number.isSafeInteger(id) || name === undefined) return undefined;
  const quota = Number(child(told, "maxQuota")?.text ?? "");
  // The server adds its number and its name to the words that lead to it.
  const own = new Set([String(id), name]);
  const words = told.children.filter((field) => field.name === "loginMappings").map(({ text }) => text);
  const ours = valueOf(child(told, "userAttributes"), attributeSpace);
  return {
    id,
    name,
    enabled: child(told, "enabled")?.text !== "false",
    loginMappings: words.filter((word) => !own.has(word)).sort(),
    quotaMi: quota > 0 ? quota : undefined,
    marker: valueOf(ours, attributes.marker)?.text,
    applied: valueOf(ours, attributes.applied)?.text,
  };
}

function valueOf(map: XmlElement | undefined, key: string): XmlElement | undefined {
  const entry = map?.children.find((one) => one.name === "entries" && child(one, "key")?.text === key);
  return child(entry, "value");
}
