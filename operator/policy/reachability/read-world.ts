import { z } from "zod";
import { labelsSchema } from "./label-selector.ts";
import { policySchema } from "./network-policy.ts";
import { isOtherPolicy } from "./other-policies.ts";
import { podsOf } from "./workload.ts";
import type { Policy, Workload, World } from "./world.ts";

/** An object as a file holds it, and where. */
export interface PlacedObject {
  readonly place: string;
  readonly object: unknown;
}

export interface ReadWorld {
  readonly world: World;
  /** One sentence for each thing that is wrong: place, object, field, remedy. Where there is one, `world` is not what was meant. */
  readonly problems: readonly string[];
  /** One sentence for each workload that NetworkPolicies say nothing of. */
  readonly leftOut: readonly string[];
}

const identitySchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().nullish() }),
});
type Identified = z.output<typeof identitySchema>;

const namespaceSchema = z.looseObject({ metadata: z.looseObject({ labels: labelsSchema }) });

/** Set by the API server on every namespace, whatever the manifest says. */
const nameLabel = "kubernetes.io/metadata.name";

/** What these manifests say of namespaces, workloads and NetworkPolicies; objects of other kinds decide nothing here. Pure. */
export function readWorld(objects: readonly PlacedObject[]): ReadWorld {
  const reader = new Reader();
  for (const { place, object } of objects) {
    const identity = identitySchema.safeParse(object);
    if (identity.success) reader.read(place, identity.data);
    else reader.problem(`${place}: this is no Kubernetes object; give it apiVersion, kind and metadata.name.`);
  }
  return reader.result();
}

class Reader {
  readonly #labels = new Map<string, ReadonlyMap<string, string>>();
  readonly #workloads: Workload[] = [];
  readonly #policies: Policy[] = [];
  readonly #problems: string[] = [];
  readonly #leftOut: string[] = [];
  readonly #places = new Map<string, string>();

  problem(sentence: string): void {
    this.#problems.push(sentence);
  }

  read(place: string, object: Identified): void {
    const { apiVersion, kind, metadata } = object;
    const found = { place, object };
    if (isOtherPolicy(apiVersion, kind)) {
      const remedy = "say it with NetworkPolicies of networking.k8s.io/v1, or leave it out and judge it apart";
      this.problem(`${place}: ${titleOf(object)} is of ${apiVersion}, which this program cannot evaluate; ${remedy}.`);
    } else if (kind === "NetworkPolicy") {
      this.#keep(found, policySchema.safeParse(object), (policy) => this.#policies.push(policy));
    } else if (apiVersion === "v1" && kind === "Namespace") {
      const parsed = namespaceSchema.safeParse(object);
      this.#keep(found, parsed, (namespace) => this.#labels.set(metadata.name, namespace.metadata.labels));
    } else {
      const pods = podsOf(object);
      if (pods === undefined) return;
      this.#keep(found, pods, ({ hostNetwork, ...rest }) => {
        const name = titleOf(object);
        if (hostNetwork) this.#leftOut.push(`${name} is left out: no NetworkPolicy holds in the network of a node.`);
        else this.#workloads.push({ namespace: namespaceOf(object), kind, name: metadata.name, ...rest });
      });
    }
  }

  #keep<Value>(
    { place, object }: { readonly place: string; readonly object: Identified },
    parsed: z.ZodSafeParseResult<Value>,
    keep: (value: Value) => void,
  ): void {
    const title = titleOf(object);
    const where = `${place}: ${title}`;
    const known = JSON.stringify([object.apiVersion, object.kind, namespaceOf(object), object.metadata.name]);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) this.problem(`${where}: ${issueText(issue, object.kind)}`);
    } else if (this.#places.has(known)) {
      this.problem(`${where} is in ${this.#places.get(known) ?? ""} too; keep one of them.`);
    } else {
      this.#places.set(known, place);
      keep(parsed.data);
    }
  }

  result(): ReadWorld {
    const used = [...this.#workloads, ...this.#policies].map(({ namespace }) => namespace);
    const names = [...new Set([...this.#labels.keys(), ...used])].sort();
    const namespaces = new Map(
      names.map((name) => [name, new Map([...(this.#labels.get(name) ?? []), [nameLabel, name]])]),
    );
    const world = { namespaces, workloads: this.#workloads, policies: this.#policies };
    return { world, problems: this.#problems, leftOut: this.#leftOut };
  }
}

function namespaceOf({ metadata }: Identified): string {
  return metadata.namespace ?? "default";
}

function titleOf({ kind, metadata: { namespace, name } }: Identified): string {
  return `${kind} ${namespace === undefined || namespace === null ? "" : `${namespace}/`}${name}`;
}

function issueText(issue: z.core.$ZodIssue, kind: string): string {
  const path = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const see = `\`kubectl explain ${kind.toLowerCase()}\` says what it takes.`;
  if (issue.code !== "unrecognized_keys") return `${path.slice(1)}: ${issue.message}; ${see}`;
  const unknown = issue.keys.map((key) => `${path}.${key}`.slice(1)).join(", ");
  return `${unknown} is no field of this kind; remove it or mend its name, ${see}`;
}
