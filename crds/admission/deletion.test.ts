import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";
import { names } from "../group.ts";
import { tenantDeletion } from "./deletion.ts";

const cel = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true });

interface Deletion {
  readonly by: string;
  readonly protectedByField?: boolean;
  readonly confirmedBy?: string;
}

/** What the API server answers to somebody who deletes tenant culture: the first refusal, or nothing. */
function refusalOf({ by, protectedByField, confirmedBy }: Deletion): string | undefined {
  const annotations = confirmedBy === undefined ? {} : { [names.confirmDelete]: confirmedBy };
  const lifecycle = protectedByField === undefined ? {} : { deletionProtection: protectedByField };
  const asked = {
    request: { operation: "DELETE", userInfo: { username: by } },
    oldObject: { metadata: { name: "culture", annotations }, spec: { lifecycle } },
  };
  const failed = tenantDeletion.validations.find(({ expression }) => cel.evaluate(expression, asked) !== true);
  return failed === undefined ? undefined : String(cel.evaluate(failed.messageExpression, asked));
}

const pipelines = [
  { tool: "Flux", by: "system:serviceaccount:flux-system:kustomize-controller" },
  { tool: "Argo CD", by: "system:serviceaccount:argocd:argocd-application-controller" },
];

describe.each(pipelines)("a Tenant whose file is gone, pruned by $tool", ({ by }) => {
  const putBack = [
    "put the file back",
    "kustomize.toolkit.fluxcd.io/prune: disabled",
    "argocd.argoproj.io/sync-options: Prune=false,Delete=false",
  ];

  it.each([
    {
      what: "protected, as every Tenant is unless it says otherwise",
      given: {},
      remedy: "spec.lifecycle.deletionProtection",
    },
    { what: "protected", given: { protectedByField: true }, remedy: "spec.lifecycle.deletionProtection" },
    {
      what: "unprotected and not confirmed",
      given: { protectedByField: false },
      remedy: "kubectl annotate tenant culture socle.dev/confirm-delete=culture",
    },
    {
      what: "confirmed with the name of another",
      given: { protectedByField: false, confirmedBy: "justice" },
      remedy: "kubectl annotate tenant culture socle.dev/confirm-delete=culture",
    },
  ])("stays while it is $what; the log reads what to do in either case", ({ given, remedy }) => {
    const refusal = refusalOf({ by, ...given });
    for (const text of ["Tenant culture", remedy, ...putBack]) expect(refusal).toContain(text);
  });

  it("goes once its protection is off and its own name confirms it", () => {
    expect(refusalOf({ by, protectedByField: false, confirmedBy: "culture" })).toBeUndefined();
  });
});

describe("a Tenant that a person deletes", () => {
  it("stays while it is protected; the person reads which field holds it, and nothing of pipelines", () => {
    expect(refusalOf({ by: "paula" })).toBe(
      "Tenant culture is protected: set spec.lifecycle.deletionProtection to false if the deletion is meant.",
    );
  });
});
