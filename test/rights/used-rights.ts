import { appendFileSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { names } from "../../crds/group.ts";
import type { AccessRule } from "../../crds/rbac.ts";

/** One thing that the operator did through the API server, or asked of it in vain, as RBAC judges it. */
export interface Deed {
  readonly verb: string;
  readonly apiGroup: string;
  /** With its subresource: "tenants/status". */
  readonly resource: string;
  /** "" across the cluster. */
  readonly namespace: string;
  readonly name: string;
  /** RBAC forbade it. */
  readonly isForbidden: boolean;
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly stage: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What the operator calls itself; `socle doctor` and contract suites act with its rights too. */
const program = "socle-operator";
const operators: readonly string[] = ["socle-operator", "system:serviceaccount:socle-system:socle"];
const directory = join(import.meta.dirname, "..", "..", ".socle", "deeds");

/** Forgets what earlier runs did. */
export function forgetDeeds(): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Notes what the operator did on a control plane that is about to be deleted, by its audit log. */
export function noteDeeds(auditLog: string): void {
  const deeds = new Set<string>();
  // The API server begins a new file from time to time, and puts the moment into the name of the old one.
  for (const file of globSync(join(dirname(auditLog), `${basename(auditLog, ".log")}*.log`)))
    for (const line of readFileSync(file, "utf8").split("\n")) {
      for (const deed of deedsIn(line)) deeds.add(JSON.stringify(deed));
    }
  mkdirSync(directory, { recursive: true });
  appendFileSync(join(directory, `${process.pid}.jsonl`), [...deeds].map((deed) => `${deed}\n`).join(""));
}

/**
 * Of one line of an audit log; none where somebody or something else did it, or where something else than RBAC refused it. What is applied and was
 * not there asks for the right to create it too: the API server records a patch that answers 201.
 */
export function deedsIn(line: string): readonly Deed[] {
  if (!operators.some((user) => line.includes(`"username":"${user}"`))) return [];
  const { verb, user, userAgent, stage, objectRef, responseStatus, annotations } = JSON.parse(line) as AuditEvent;
  const isForbidden = annotations?.["authorization.k8s.io/decision"] === "forbid";
  if (stage === "RequestReceived" || !operators.includes(user.username) || userAgent !== program) return [];
  // Policies, quotas and namespaces that end answer so too, and have no say in what a right is good for.
  if (responseStatus?.code === 403 && !isForbidden) return [];
  if (objectRef?.resource === undefined) return [];
  const { apiGroup = "", resource, subresource, namespace = "", name = "" } = objectRef;
  const whole = [resource, subresource ?? []].flat().join("/");
  const deed = { verb, apiGroup, resource: whole, namespace, name, isForbidden };
  return verb === "patch" && responseStatus?.code === 201 ? [deed, { ...deed, verb: "create" }] : [deed];
}

/** Everything that was noted; empty if no suite with an operator ran. */
export function notedDeeds(): readonly Deed[] {
  const lines = globSync(join(directory, "*.jsonl")).flatMap((file) => readFileSync(file, "utf8").split("\n"));
  return [...new Set(lines)].filter((line) => line !== "").map((line) => JSON.parse(line) as Deed);
}

/** One verb on one resource, in a place. */
export interface Grant {
  readonly rule: AccessRule;
  readonly resource: string;
  readonly verb: string;
}

/** What was granted, by whether it was used. */
export interface Usage {
  /** Of features of which something was used. */
  readonly idle: readonly Grant[];
  /** Of features that nothing exercised. */
  readonly unexercised: readonly AccessRule[];
}

/** What was forbidden and no rule grants. A suite that takes a right away forbids what a rule grants. */
export function missingRights(rules: readonly AccessRule[], deeds: readonly Deed[]): readonly Deed[] {
  const grants = rules.flatMap(grantsOf);
  return deeds.filter((deed) => deed.isForbidden && !grants.some((grant) => allows(grant, deed)));
}

/** Compares rights with deeds. A rule is a feature: what it grants is needed for one reason. */
export function usageOf(rules: readonly AccessRule[], deeds: readonly Deed[]): Usage {
  const done = deeds.filter(({ isForbidden }) => !isForbidden);
  const idle: Grant[] = [];
  const unexercised: AccessRule[] = [];
  for (const rule of rules) {
    const grants = grantsOf(rule);
    const unused = grants.filter((grant) => !done.some((deed) => allows(grant, deed)));
    if (unused.length === grants.length) unexercised.push(rule);
    else idle.push(...unused);
  }
  return { idle, unexercised };
}

function grantsOf(rule: AccessRule): readonly Grant[] {
  return rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ rule, resource, verb })));
}

function allows({ rule, resource, verb }: Grant, deed: Deed): boolean {
  const isNamed = rule.resourceNames === undefined || rule.resourceNames.includes(deed.name);
  const isSame = deed.verb === verb && deed.resource === resource && deed.apiGroup === rule.apiGroup;
  return isSame && isNamed && isInPlace[rule.scope](deed.namespace);
}

const isInPlace: Readonly<Record<AccessRule["scope"], (namespace: string) => boolean>> = {
  cluster: () => true,
  tenant: (namespace) => namespace.startsWith("t-"),
  operatorNamespace: (namespace) => namespace === names.operatorNamespace,
  identityNamespace: (namespace) => namespace === names.identityNamespace,
};

/** For people. */
export function grantText({ rule, resource, verb }: Grant): string {
  return `${verb} ${resource}${rule.apiGroup === "" ? "" : `.${rule.apiGroup}`} (${rule.scope}): ${rule.why}`;
}
