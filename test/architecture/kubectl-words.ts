import type { KindMeta } from "../../crds/v1alpha1/status.ts";
import { anyWord } from "./page-code.ts";
import { conditionsOf, hasField, kindCalled, strangeFields } from "./named-fields.ts";

/** What the pages say of Kubernetes' own kinds and of those of others. */
const othersKinds = new Set(
  `${anyWord} all certificates clusters.postgresql.cnpg.io cm configmap configmaps clusterreports.openreports.io clusterrole clusterrolebinding crd cronjobs
  customresourcedefinition daemonsets deploy deployment deployments events gateway gateways ingress ingresses
  ingressclass jobs kustomizations lease leases limitranges namespace namespaces networkpolicies node nodes ns persistentvolumeclaims
  pod pods prometheusrules pv pvc quota reports reports.openreports.io resourcequotas rolebinding rolebindings secret
  secrets service services serviceaccount servicemonitors statefulset statefulsets storageclass svc
  validatingadmissionpolicies validatingadmissionpolicybindings`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** Verbs of kubectl that name kinds, and those that do not. */
const ofKinds = ["annotate", "delete", "describe", "edit", "explain", "get", "label", "patch", "rollout", "scale"];
const others = [
  "apply",
  "auth",
  "create",
  "diff",
  "events",
  "exec",
  "logs",
  "port-forward",
  "replace",
  "top",
  "version",
];
const verbs = [...ofKinds, "wait", ...others];

const flagsWithValue = new Set(
  `-n --namespace -l --selector -o --output -f --filename -p --patch --type -c --container --context --kubeconfig --as
  --as-group --for --timeout --field-selector --tail --since --sort-by --raw --replicas --field-manager`.split(/\s+/),
);

interface Spoken {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

function spoken(args: readonly string[]): Spoken {
  const words: string[] = [];
  const flags = new Map<string, string>();
  let waiting: string | undefined;
  for (const arg of args) {
    if (waiting !== undefined) {
      flags.set(waiting, arg);
      waiting = undefined;
    } else if (arg.startsWith("-") && arg !== "-") {
      const [, name = "", value] = /^([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      flags.set(name, value ?? "");
      if (value === undefined && flagsWithValue.has(name)) waiting = name;
    } else words.push(arg);
  }
  return { words, flags };
}

/** What is wrong with the words after `kubectl`, as far as it can be known without a cluster; undefined where nothing is. */
export function wrongWithKubectl(args: readonly string[]): string | undefined {
  const { words, flags } = spoken(args);
  const [verb = "", ...rest] = words;
  if (verb === "") return undefined;
  if (!verbs.includes(verb)) return `kubectl has no verb ${verb}`;
  const about = flags.get("--for");
  const named = verb === "events" ? (about ?? "") : verb === "rollout" ? (rest[1] ?? "") : (rest[0] ?? "");
  if (named === "" || (others.includes(verb) && verb !== "events")) return undefined;
  const problems = named.split(",").map((word) => wrongWithKind(word, { verb, flags, words: rest }));
  return problems.find((problem) => problem !== undefined);
}

function wrongWithKind(word: string, said: Spoken & { readonly verb: string }): string | undefined {
  const [name = ""] = word.split("/");
  if (said.verb === "explain") return wrongWithExplanation(name);
  const meta = kindCalled(name);
  if (meta === undefined) return name === "socle" || othersKinds.has(name) ? undefined : `no kind is called ${name}`;
  const placed = ["-n", "--namespace", "-A", "--all-namespaces"].some((flag) => said.flags.has(flag));
  if (meta.scope === "Namespaced" && !placed) return `${meta.kind} lies in a namespace: say which, with -n or -A`;
  return wrongWithFlags(meta, said);
}

function wrongWithExplanation(word: string): string | undefined {
  const [name = "", ...path] = word.split(".");
  const meta = kindCalled(name);
  if (meta === undefined) return othersKinds.has(name) ? undefined : `no kind is called ${name}`;
  return hasField(meta, path) ? undefined : `${meta.kind} has no field ${path.join(".")}`;
}

function wrongWithFlags(meta: KindMeta, { flags }: Spoken): string | undefined {
  const condition = /^condition=(\w+)/.exec(flags.get("--for") ?? "")?.[1];
  if (condition !== undefined && !conditionsOf(meta).includes(condition))
    return `${meta.kind} has no condition ${condition}`;
  const path = /^jsonpath=\{\.([\w.]+)\}$/.exec(flags.get("-o") ?? "")?.[1];
  if (path !== undefined && !hasField(meta, path.split("."))) return `${meta.kind} has no field ${path}`;
  const patch = flags.get("-p") ?? flags.get("--patch");
  const [strange] = patch === undefined ? [] : strangeFields(meta, JSON.parse(patch));
  return strange === undefined ? undefined : `${meta.kind} has no field ${strange}`;
}
