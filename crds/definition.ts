import { group, version } from "./group.ts";
import { type SchemaNode, structuralSchema } from "./structural-schema.ts";
import type { KindMeta } from "./v1alpha1/status.ts";

/** The CustomResourceDefinition of a kind. Pure; the same kind gives the same object. */
export function customResourceDefinition(meta: KindMeta): Record<string, unknown> {
  const { plural, singular, kind, shortNames } = meta;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "socle", "app.kubernetes.io/managed-by": "socle" } },
    spec: {
      group,
      scope: meta.scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ["socle"] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: meta.columns,
          ...(meta.selectableFields.length === 0 ? {} : { selectableFields: meta.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          ...(meta.status === undefined ? {} : { subresources: { status: {} } }),
          schema: { openAPIV3Schema: objectSchema(meta) },
        },
      ],
    },
  };
}

function objectSchema(meta: KindMeta): SchemaNode {
  return {
    type: "object",
    description: meta.description,
    required: ["spec"],
    ...(meta.objectRules.length === 0 ? {} : { "x-kubernetes-validations": meta.objectRules }),
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema(meta.spec),
      ...(meta.status === undefined ? {} : { status: { ...structuralSchema(meta.status), default: { observedGeneration: -1 } } }),
    },
  };
}
