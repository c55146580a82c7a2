import { celRules } from "../../../crds/cel-rules.ts";
import { customResourceDefinition } from "../../../crds/definition.ts";
import type { KindMeta } from "../../../crds/v1alpha1/status.ts";
import { eventually } from "../../support/test-cluster.ts";
import { type ApiServer, type Served, sentence } from "./api-server.ts";
import type { RuleRow } from "./rule-row.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/** Not ours: the admission policies of Socle look at socle.dev only, so that the schema of a copy judges alone. */
const group = "rules.test";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** A copy of a kind that lacks one rule. */
export interface Copy {
  readonly served: Served;
  readonly definition: Record<string, unknown>;
}

/** One copy of the kind for each of its rules; under names of their own, so that nobody who asks for a Tenant meets one. */
export function copiesWithout(meta: KindMeta, rows: readonly RuleRow[]): Copy[] {
  return rows.map(({ at, says }, index) => {
    const kind = `${meta.kind}Without${index}`;
    const plural = kind.toLowerCase();
    const removed = celRules(meta).filter(({ path, message }) => path === at && message === says);
    if (removed.length !== 1) throw new Error(`${meta.kind} has ${removed.length} rules "${says}" at "${at}"`);
    const definition = customResourceDefinition(
      { ...meta, kind, plural, singular: plural, shortNames: [] },
      { group, keep: ({ path, message }) => path !== at || message !== says },
    );
    return { served: { group, kind, plural, namespaced: meta.scope === "Namespaced" }, definition };
  });
}

/** Installs the copies and waits until each answers. */
export async function install(api: ApiServer, copies: readonly Copy[]): Promise<void> {
  await Promise.all(
    copies.map(async ({ definition }) => {
      const answer = await api.ask({ method: "POST", path: definitions, body: definition });
      if (answer.status !== 201) throw new Error(`a copy is not installed: ${sentence(answer)}`);
    }),
  );
  await eventually(async () => {
    const waiting = (await installed(api)).filter((definition) => !isEstablished(definition));
    if (waiting.length > 0) throw new Error(`${waiting.length} copies are not established`);
  }, 120_000);
  // Established, a kind may still be unknown to the server for a moment.
  await Promise.all(
    copies.map(async ({ served }) => {
      const path = `/apis/${group}/v1alpha1/${served.plural}?limit=1`;
      await eventually(async () => {
        const answer = await api.ask({ method: "GET", path });
        if (answer.status !== 200) throw new Error(`${served.kind} is not served: ${sentence(answer)}`);
      });
    }),
  );
}

/** Removes every copy and waits until none is left: later files ask the server which kinds there are. */
export async function uninstall(api: ApiServer): Promise<void> {
  await Promise.all(
    (await installed(api)).map(({ metadata }) =>
      api.ask({ method: "DELETE", path: `${definitions}/${metadata.name}` }),
    ),
  );
  await eventually(async () => {
    const left = await installed(api);
    if (left.length > 0) throw new Error(`${left.length} copies are left`);
  }, 120_000);
}

async function installed(api: ApiServer): Promise<Definition[]> {
  const answer = await api.ask({ method: "GET", path: definitions });
  const { items } = answer.json as { readonly items: readonly Definition[] };
  return items.filter(({ spec }) => spec.group === group);
}

function isEstablished({ status }: Definition): boolean {
  return status?.conditions?.some((one) => one.type === "Established" && one.status === "True") ?? false;
}
