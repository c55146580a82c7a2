import { apiVersion, group } from "../../crds/group.ts";
import type { Parsed } from "../../crds/v1alpha1/parse.ts";
import { parseSovereignRegion, type SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import { parseTenant, type Tenant, tenantNamePattern } from "../../crds/v1alpha1/tenant.ts";
import { documentsOf, type SourceText } from "./file-documents.ts";
import { unknownFields } from "./unknown-fields.ts";

/** What files say, as far as an export is made of it. */
export interface FileObjects {
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly regions: ReadonlyMap<string, SovereignRegion>;
  /** Objects of other kinds, each with its place. */
  readonly others: readonly string[];
  /** One sentence for each thing that is wrong: place, object, field, remedy. */
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The Tenants and SovereignRegions of these files, with the defaults that the API server would fill in; their status is left out. What the
 * schema refuses is a problem, and so is a field that it does not know. The rules in CEL are the API server's, and are not asked.
 */
export function fileObjects(sources: readonly SourceText[]): FileObjects {
  const [tenants, regions] = [new Map<string, Tenant>(), new Map<string, SovereignRegion>()];
  const [others, problems]: [string[], string[]] = [[], []];
  const places = new Map<string, string>();
  const { found, broken } = documentsOf(sources);
  problems.push(...broken);
  for (const { place, object } of found) {
    const { kind, name, problem } = identityOf(object);
    const where = `${place}: ${kind} ${name}`;
    if (problem !== undefined) problems.push(`${place}: ${problem}`);
    else if (!isRead(object as Fields)) others.push(`${kind} ${name} (${place})`);
    else if (places.has(`${kind} ${name}`))
      problems.push(`${where} is in ${places.get(`${kind} ${name}`) ?? ""} too; keep one of them.`);
    else {
      places.set(`${kind} ${name}`, place);
      const keep = (problem: string): number => problems.push(`${where}: ${problem}`);
      if (kind === "Tenant") keepValid(object, { parse: parseTenant, into: tenants, page: "tenant.md" }, keep);
      else keepValid(object, { parse: parseSovereignRegion, into: regions, page: "sovereign-region.md" }, keep);
    }
  }
  return { tenants, regions, others, problems };
}

function identityOf(object: unknown): { readonly kind: string; readonly name: string; readonly problem?: string } {
  const { kind, apiVersion: given, metadata } = (object ?? {}) as Fields;
  const { name } = (metadata ?? {}) as Fields;
  if (typeof kind !== "string" || typeof given !== "string" || typeof name !== "string" || name === "")
    return { kind: "", name: "", problem: "this is no Kubernetes object; give it apiVersion, kind and metadata.name." };
  if (given.startsWith(`${group}/`) && given !== apiVersion)
    return { kind, name, problem: `${kind} ${name} has apiVersion ${given}; this program reads ${apiVersion}.` };
  if (given === apiVersion && kind === "Tenant" && !tenantNamePattern.test(name))
    return {
      kind,
      name,
      problem: `Tenant ${JSON.stringify(name)}: metadata.name has 3 to 24 characters a-z0-9 and starts with a letter; choose another name.`,
    };
  return { kind, name };
}

function isRead({ apiVersion: given, kind }: Fields): boolean {
  return given === apiVersion && (kind === "Tenant" || kind === "SovereignRegion");
}

interface Reading<Value> {
  readonly parse: (object: unknown) => Parsed<Value>;
  readonly into: Map<string, Value>;
  /** Page of the kind in docs/reference. */
  readonly page: string;
}

function keepValid<Value extends { readonly metadata: { readonly name: string } }>(
  object: unknown,
  { parse, into, page }: Reading<Value>,
  keep: (problem: string) => unknown,
): void {
  const { status: _status, ...rest } = object as Fields;
  // The guard is that of live objects, which have both.
  const metadata = { ...(rest["metadata"] as Fields), uid: "of a file", resourceVersion: "of a file" };
  const parsed = parse({ ...rest, metadata });
  const see = `docs/reference/${page} says what it takes.`;
  if (!parsed.ok) {
    for (const { path, message } of parsed.issues) keep(`${path}: ${message}; ${see}`);
    return;
  }
  const unknown = unknownFields({ ...rest, metadata }, parsed.value);
  for (const path of unknown) keep(`${path} is no field of this kind; remove it or mend its name, ${see}`);
  if (unknown.length === 0) into.set(parsed.value.metadata.name, parsed.value);
}
