import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../kube/builtin-resource-types.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import type { Check } from "../policy/check.ts";
import { kindOf } from "../policy/evaluate.ts";
import type { Read } from "../policy/read.ts";
import { openReports } from "../policy/reports.ts";
import type { Unread } from "../report/judgement.ts";
import { isOfAnother, namespacesOf, type ReportSubject } from "../report/subject.ts";
import { OperatorError } from "../runtime/errors.ts";

/** What the rights of one person let a report see of a cluster. */
export interface SeenCluster {
  readonly objects: readonly Manifest[];
  /** Of OpenReports. */
  readonly reports: readonly Manifest[];
  readonly unread: readonly Unread[];
}

type Scope = Read["scope"];
type KindName = Pick<Read, "apiVersion" | "kind">;

type Looked = Pick<Read, "apiVersion" | "kind" | "scope" | "named">;

/** A kind, everywhere that a check or an annex looks for it. */
interface WantedKind extends KindName {
  readonly scopes: readonly Scope[];
  /** Only these are read, one by one. */
  readonly named: readonly string[] | undefined;
}

/** Who reads, and where. */
interface Reader {
  readonly kube: KubeApi;
  readonly subject: ReportSubject;
  /** Where what belongs to the subject lies; of a region, what belongs to its tenants too. */
  readonly namespaces: readonly string[];
}

const types = new Map([...builtinResourceTypes, ...socleResourceTypes].map((type) => [kindOf(type), type]));
const reportKinds: readonly string[] = [openReports.report, openReports.clusterReport];

/** What annexes tell beside what checks look at. */
const annexKinds: readonly Looked[] = [
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", scope: "tenant" },
  { apiVersion: "apps/v1", kind: "DaemonSet", scope: "tenant" },
  { apiVersion: "cert-manager.io/v1", kind: "Certificate", scope: "tenant" },
  { apiVersion: openReports.apiVersion, kind: openReports.report, scope: "tenant" },
  { apiVersion: openReports.apiVersion, kind: openReports.clusterReport, scope: "cluster" },
  ...socleResourceTypes.map(({ kind, namespaced }) => ({
    apiVersion,
    kind,
    scope: namespaced ? ("tenant" as const) : ("cluster" as const),
  })),
];

/**
 * Reads what a report of the subject is made of. A kind that cannot be read is told and holds up nothing; only the subject itself has to be there.
 * Throws Error where it is not, or where nobody answers.
 */
export async function seeCluster(
  kube: KubeApi,
  subject: ReportSubject,
  checks: readonly Check[],
): Promise<SeenCluster> {
  const itself = await kube.get({ apiVersion, ...subject });
  if (itself === undefined)
    throw new Error(`${subject.kind} ${subject.name} does not exist; \`socle status\` lists those that do.`);
  const tenants = subject.kind === "Tenant" ? [subject] : await tenantsOf(kube);
  const namespaces = [...namespacesOf(subject), ...tenants.filter((one) => one !== subject).flatMap(namespacesOf)];
  const reader = { kube, subject, namespaces };
  const parts = await Promise.all(wantedKinds(checks).map((wanted) => readKind(reader, wanted)));
  const objects = parts.flatMap((part) => part.objects);
  const beside = await withoutRightToList(reader, itself, objects);
  const isReport = ({ kind, apiVersion: version }: Manifest): boolean =>
    version === openReports.apiVersion && reportKinds.includes(kind);
  return {
    objects: [...objects.filter((object) => !isReport(object)), ...beside],
    reports: objects.filter(isReport),
    unread: parts.flatMap(({ unread }) => unread).map((one) => withoutProvider(one, [...objects, ...beside])),
  };
}

/** Facts that a provider tells are missed only where a region lives on one that tells some. */
function withoutProvider(unread: Unread, objects: readonly Manifest[]): Unread {
  const isTold = objects.some(({ kind, spec }) => {
    const { provider } = (spec ?? {}) as { readonly provider?: { readonly type?: string } };
    return kind === "SovereignRegion" && provider?.type === "NumSpot";
  });
  return isTold || unread.scopes.some((scope) => scope !== "provider") ? unread : { ...unread, because: "absent" };
}

async function tenantsOf(kube: KubeApi): Promise<readonly ReportSubject[]> {
  const { items } = await kube.list({ apiVersion, kind: "Tenant" });
  return items.map(({ metadata }) => ({ kind: "Tenant", name: metadata.name }));
}

/** Each kind once, with every scope in which it is looked for. */
function wantedKinds(checks: readonly Check[]): readonly WantedKind[] {
  const reads = checks.flatMap(({ evaluation }): readonly Looked[] =>
    evaluation.status === "implemented" ? [...evaluation.subjects, ...(evaluation.related ?? [])] : [],
  );
  return [...Map.groupBy([...reads, ...annexKinds], kindOf).values()].flatMap((same): WantedKind[] => {
    const [first] = same;
    if (first === undefined) return [];
    const names = same.flatMap(({ named }) => named ?? []);
    const isNamed = same.every(({ named }) => named !== undefined);
    return [
      {
        apiVersion: first.apiVersion,
        kind: first.kind,
        scopes: [...new Set(same.map(({ scope }) => scope))],
        named: isNamed ? [...new Set(names)] : undefined,
      },
    ];
  });
}

interface Part {
  readonly objects: readonly KubeObject[];
  readonly unread: readonly Unread[];
}

/** Facts of a kind that is made up from what a provider answers. */
const keptNowhere = { reason: "KeptNowhere", message: "The API server keeps no objects of this kind." };

async function readKind(reader: Reader, wanted: WantedKind): Promise<Part> {
  const { kube, subject, namespaces } = reader;
  const { apiVersion: version, kind, scopes, named } = wanted;
  const type = types.get(kindOf(wanted));
  if (type === undefined) return { objects: [], unread: [unreadKind(wanted, scopes, keptNowhere)] };
  const list = async (namespace?: string): Promise<readonly KubeObject[]> =>
    (await kube.list(type, namespace === undefined ? {} : { namespace })).items;
  if (named !== undefined) {
    const refs = namespaces.flatMap((namespace) =>
      named.map((name) => ({ apiVersion: version, kind, namespace, name })),
    );
    return await attempted(wanted, scopes, () => everyOne(refs.map(async (ref) => (await kube.get(ref)) ?? [])));
  }
  if (!type.namespaced) return await attempted(wanted, scopes, list);
  const own = (): Promise<readonly KubeObject[]> => everyOne(namespaces.map(list));
  if (subject.kind === "Tenant" && !scopes.includes("platform")) return await attempted(wanted, scopes, own);
  const everywhere = await attempted(wanted, scopes, list);
  if (everywhere.unread.length === 0)
    return { objects: everywhere.objects.filter((one) => isShown(subject, one)), unread: [] };
  if (everywhere.unread.some(({ because }) => because === "absent")) return everywhere;
  // Whoever may not list everywhere may still list at home.
  const home = await attempted(wanted, ["tenant"], own);
  const beyond = everywhere.unread.map((one) => ({
    ...one,
    scopes: subject.kind === "Tenant" ? scopes.filter((scope) => scope !== "tenant") : scopes,
  }));
  return { objects: home.objects, unread: [...beyond, ...home.unread] };
}

/** A report about a region is about what its platform does to every tenant. */
function isShown(subject: ReportSubject, object: Manifest): boolean {
  return subject.kind === "SovereignRegion" || !isOfAnother(subject, object);
}

async function everyOne(asked: readonly Promise<KubeObject | readonly KubeObject[]>[]): Promise<readonly KubeObject[]> {
  return (await Promise.all(asked)).flat();
}

async function attempted(
  wanted: KindName,
  scopes: readonly Scope[],
  read: () => Promise<readonly KubeObject[]>,
): Promise<Part> {
  try {
    return { objects: await read(), unread: [] };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { objects: [], unread: [unreadKind(wanted, scopes, error)] };
  }
}

const causes: Readonly<Record<string, Unread["because"]>> = {
  DependencyMissing: "absent",
  PermissionMissing: "forbidden",
};

function unreadKind(
  { apiVersion: version, kind }: KindName,
  scopes: readonly Scope[],
  { message, reason }: { readonly message: string; readonly reason: string },
): Unread {
  return { apiVersion: version, kind, because: causes[reason] ?? "failed", scopes, message };
}

/** A person may get what they are named in and not list its kind: the subject, its region and its namespaces are then read one by one. */
async function withoutRightToList(
  { kube, subject, namespaces }: Reader,
  itself: KubeObject,
  known: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const { regionRef } = (itself["spec"] ?? {}) as { readonly regionRef?: { readonly name: string } };
  const refs = [
    { apiVersion, ...subject },
    ...(regionRef === undefined ? [] : [{ apiVersion, kind: "SovereignRegion", name: regionRef.name }]),
    ...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", name })),
  ];
  const missing = refs.filter(
    (ref) => !known.some((one) => kindOf(one) === kindOf(ref) && one.metadata.name === ref.name),
  );
  const found = await Promise.all(
    missing.map((ref) => attempted(ref, [], async () => [(await kube.get(ref)) ?? []].flat())),
  );
  return found.flatMap(({ objects }) => objects);
}
