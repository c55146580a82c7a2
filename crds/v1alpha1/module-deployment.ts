import { z } from "zod";
import { moduleNames, moduleRules, moduleSettings } from "./modules.ts";
import { objectParser } from "./parse.ts";
import { described, immutable, nameRef, rules } from "./schema.ts";
import {
  ageColumn,
  column,
  commonStatus,
  type KindMeta,
  type LiveObject,
  messageColumn,
  readyColumn,
  reasonColumn,
} from "./status.ts";

export const moduleDeploymentSpec = rules(
  z.object({
    tenantRef: described(immutable(nameRef(), "tenantRef"), "Owning tenant; must be the tenant of the namespace"),
    // No rule of its own that it cannot change: the name cannot, and the name is the module.
    module: described(z.enum(moduleNames), "Which module; never changes, since the object is named for it"),
    ...moduleSettings,
  }),
  ...moduleRules,
);

export const moduleDeploymentStatus = z.object({
  ...commonStatus,
  version: z.string().max(64).optional(),
  url: z.string().max(512).optional(),
  endpoints: z
    .array(z.object({ name: z.string().max(63), url: z.string().max(512) }))
    .max(16)
    .optional(),
  external: z
    .array(
      z.object({
        kind: z.enum(["Database", "Realm", "Bucket", "Context"]),
        name: z.string().max(253),
        server: z.string().max(512),
      }),
    )
    .max(32)
    .optional()
    .describe("What lies outside of Kubernetes"),
  resolved: z
    .record(z.string(), z.string().max(512))
    .optional()
    .describe("Choices made once; a change of a default does not move them")
    .meta({ maxProperties: 32 }),
  lastProbe: z
    .object({
      time: z.string().max(64).meta({ format: "date-time" }),
      succeeded: z.boolean(),
      message: z.string().max(1024),
    })
    .optional()
    .describe("When the answer of the application last changed, and to what"),
});

export type ModuleDeploymentSpec = z.infer<typeof moduleDeploymentSpec>;
export type ModuleDeploymentStatus = z.infer<typeof moduleDeploymentStatus>;
export type ModuleDeployment = LiveObject<ModuleDeploymentSpec, ModuleDeploymentStatus>;

/** The guard at the cache's edge: a typed ModuleDeployment, or what is wrong with it. */
export const parseModuleDeployment = objectParser({
  kind: "ModuleDeployment",
  spec: moduleDeploymentSpec,
  status: moduleDeploymentStatus,
});

export const moduleDeploymentKind: KindMeta = {
  kind: "ModuleDeployment",
  plural: "moduledeployments",
  singular: "moduledeployment",
  shortNames: ["mod"],
  scope: "Namespaced",
  description: "One module of a tenant's suite.",
  columns: [
    readyColumn,
    reasonColumn,
    column("Module", ".spec.module"),
    column("Version", ".status.version"),
    column("Tenant", ".spec.tenantRef.name"),
    ageColumn,
    column("URL", ".status.url", 1),
    messageColumn,
  ],
  selectableFields: [".spec.tenantRef.name", ".spec.module"],
  objectRules: [
    {
      rule: "self.metadata.name == self.spec.module.lowerAscii()",
      message: "the name of the object is spec.module in lower case: one of each per tenant, and it never changes",
    },
  ],
  spec: moduleDeploymentSpec,
  status: moduleDeploymentStatus,
};
