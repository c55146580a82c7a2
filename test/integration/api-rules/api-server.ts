import { group, names, version } from "../../../crds/group.ts";
import type { KindMeta } from "../../../crds/v1alpha1/status.ts";
import { kubeConnection } from "../../../operator/kube/kubeconfig.ts";
import { type Answer, type Call, Transport } from "../../../operator/runtime/transport.ts";
import { eventually, testCluster } from "../../support/test-cluster.ts";
import { asker, type Manifest } from "./rule-row.ts";

/** A kind as a server serves it: ours, or a copy of it. */
export interface Served {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The kind that ships. */
export function shipped({ kind, plural, scope }: KindMeta): Served {
  return { group, kind, plural, namespaced: scope === "Namespaced" };
}

/** What the API server says against an object: where, and in which words. */
export interface Objection {
  readonly field: string;
  readonly message: string;
}

/** Requests as kubectl sends them, a thousand of them in seconds; unknown fields are refused, as kubectl does. */
export class ApiServer {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  static async connect(): Promise<ApiServer> {
    const connection = await kubeConnection({ kubeconfig: testCluster().kubeconfig, environment: {} });
    return new ApiServer(new Transport({ ...connection, userAgent: "socle-test" }));
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** The answer to any request, sent as `user` with every right. */
  async ask(call: Call, user: string = asker): Promise<Answer> {
    const headers = { "impersonate-user": user, "impersonate-group": "system:masters" };
    return await this.#transport.call({ ...call, headers });
  }

  async create(
    of: Served,
    object: Manifest,
    options: { readonly dryRun: boolean; readonly user?: string },
  ): Promise<Answer> {
    const path = `${collection(of, namespaceOf(object))}?fieldValidation=Strict${options.dryRun ? "&dryRun=All" : ""}`;
    return await this.ask({ method: "POST", path, body: typed(of, object) }, options.user);
  }

  /** Puts `object` in the place of `live`. */
  async replace(
    of: Served,
    live: Manifest,
    change: { readonly to: Manifest; readonly dryRun: boolean },
  ): Promise<Answer> {
    const { resourceVersion, name } = live["metadata"] as { readonly resourceVersion: string; readonly name: string };
    const metadata = { ...(change.to["metadata"] as Manifest), resourceVersion };
    const path = `${collection(of, namespaceOf(live))}/${name}?fieldValidation=Strict${change.dryRun ? "&dryRun=All" : ""}`;
    return await this.ask({ method: "PUT", path, body: typed(of, { ...change.to, metadata }) });
  }

  /** Writes status as its only writer does. `unknownFields`: refused, or silently left out as for an older client. */
  async writeStatus(
    of: Served,
    object: Manifest,
    change: { readonly patch: Manifest; readonly unknownFields: "Strict" | "Ignore" },
  ): Promise<Answer> {
    const path = `${pathOf(of, object)}/status?fieldValidation=${change.unknownFields}`;
    return await this.ask({ method: "PATCH", path, contentType: "application/merge-patch+json", body: change.patch });
  }

  async read(of: Served, object: Manifest): Promise<Answer> {
    return await this.ask({ method: "GET", path: pathOf(of, object) });
  }

  async remove(of: Served, object: Manifest): Promise<void> {
    const answer = await this.ask({ method: "DELETE", path: pathOf(of, object) });
    if (answer.status !== 200) throw new Error(`${pathOf(of, object)} is not deleted: ${sentence(answer)}`);
  }

  /** Makes the object, in as many steps as it takes, for as long as `use` runs. */
  async withLive<T>(
    of: Served,
    steps: readonly [Manifest, ...Manifest[]],
    use: (live: Manifest) => Promise<T>,
  ): Promise<T> {
    const [first, ...later] = steps;
    let live = made(await this.create(of, first, { dryRun: false }));
    try {
      for (const to of later) live = made(await this.replace(of, live, { to, dryRun: false }));
      return await use(live);
    } finally {
      await this.remove(of, first);
    }
  }
}

/** Makes the home namespace of a tenant, as the operator does. */
export async function makeHome(api: ApiServer, tenant: string): Promise<void> {
  const metadata = { name: `t-${tenant}`, labels: { [names.tenantLabel]: tenant } };
  const body = { apiVersion: "v1", kind: "Namespace", metadata };
  made(await api.ask({ method: "POST", path: "/api/v1/namespaces", body }));
}

/** Removes it with what is in it, and waits until it is gone: its name may be wanted again. */
export async function removeHome(api: ApiServer, tenant: string): Promise<void> {
  const path = `/api/v1/namespaces/t-${tenant}`;
  await api.ask({ method: "DELETE", path });
  await eventually(async () => {
    const { status } = await api.ask({ method: "GET", path });
    if (status !== 404) throw new Error(`Namespace t-${tenant} is still there`);
  });
}

/** The words of an answer. */
export function sentence({ status, json }: Answer): string {
  return `${status} ${(json as { readonly message?: string } | undefined)?.message ?? ""}`;
}

/** What exactly is objected to, one entry per reason; none when the object is accepted. */
export function objections({ json }: Answer): Objection[] {
  const { details } = json as { readonly details?: { readonly causes?: readonly Objection[] } };
  return (details?.causes ?? []).map(({ field, message }) => ({ field, message }));
}

function made(answer: Answer): Manifest {
  if (answer.status > 201) throw new Error(`the object to change cannot be made: ${sentence(answer)}`);
  return answer.json as Manifest;
}

function namespaceOf(object: Manifest): string {
  return (object["metadata"] as { readonly namespace?: string }).namespace ?? "";
}

function pathOf(of: Served, object: Manifest): string {
  const { name } = object["metadata"] as { readonly name: string };
  return `${collection(of, namespaceOf(object))}/${name}`;
}

function collection(of: Served, namespace: string): string {
  return `/apis/${of.group}/${version}/${of.namespaced ? `namespaces/${namespace}/` : ""}${of.plural}`;
}

function typed(of: Served, object: Manifest): Manifest {
  return { ...object, apiVersion: `${of.group}/${version}`, kind: of.kind };
}
