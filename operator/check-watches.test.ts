import { describe, expect, it } from "vitest";
import { checkAccess, checkWatches } from "./check-watches.ts";
import { createCaches } from "./caches.ts";
import type { KubeApi } from "./kube/kube-api.ts";
import { allReads } from "./policy/as-read.ts";
import { catalogue } from "./policy/catalogue/catalogue.ts";

/** Nothing is asked of it: watches begin when somebody follows them. */
const nobody = {} as KubeApi;
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => log,
};

describe("watches of what checks read", () => {
  it("leave no kind of the catalogue out", () => {
    const { children, workloads, checked, ...single } = createCaches(nobody, "socle-system", log);
    const lists = [...children, ...workloads, ...checked];
    const names = new Set([...lists, ...Object.values(single)].flatMap((one) => ("name" in one ? [one.name] : [])));
    const unseen = allReads(catalogue)
      .filter(({ named, kind, scope }) => named === undefined && scope !== "provider" && !names.has(kind))
      .map(({ kind }) => kind);
    expect([...new Set(unseen)].filter((kind) => !["PolicyException", "Attestation"].includes(kind))).toEqual([]);
  });

  it("need rights to list and to watch, never to read Secrets or to change anything", () => {
    expect(new Set(checkAccess.flatMap(({ verbs }) => verbs))).toEqual(new Set(["list", "watch"]));
    expect(checkAccess.flatMap(({ resources }) => resources)).not.toContain("secrets");
  });

  it("wait for the definitions of kinds that a cluster may lack", () => {
    const { watches, definitions } = checkWatches(nobody);
    expect(definitions.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "CustomResourceDefinition certificates.cert-manager.io",
        "CustomResourceDefinition clusterissuers.cert-manager.io",
      ]),
    );
    expect(watches.map(({ name }) => name)).toEqual(expect.arrayContaining(["Certificate", "ClusterIssuer", "Pod"]));
  });
});
