import {
  accessibilityManifests,
  type AccessibilityPageInput,
} from "../../constructs/accessibility/accessibility-page.ts";
import type { Manifest } from "../../constructs/manifest.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import { accessibilityStatement } from "./accessibility-statement.ts";
import { imageReference } from "./catalogue.ts";
import type { ModuleInput } from "./driver.ts";
import { pullSecretOf } from "./pull-secret.ts";

/** The image that hands pages out: each region has one with nginx, that of Element Web. */
export function pageImage({ spec }: Pick<SovereignRegion, "spec">): string {
  return imageReference(spec, "element-web") ?? "";
}

/** What people of a tenant know the hosts of one of its modules by. */
export interface AccessibleService extends Pick<AccessibilityPageInput, "of" | "namespace" | "labels"> {
  /** In French. */
  readonly service: string;
  readonly hosts: readonly string[];
}

/** The accessibility page of the hosts of a module. Pure. */
export function moduleAccessibility(
  { tenant, module, region }: Pick<ModuleInput, "tenant" | "module" | "region">,
  { service, hosts, ...place }: AccessibleService,
): Manifest[] {
  const { displayName, organization } = tenant.spec;
  // The one whose address the law has every public body publish: to put another's on a public page would give away a person's.
  const officer = organization.contacts.find(({ role }) => role === "DPO");
  const { creationTimestamp: openedAt } = module.metadata;
  return accessibilityManifests({
    ...place,
    image: pageImage(region),
    ...pullSecretOf(region),
    page: accessibilityStatement({
      service,
      organisation: displayName,
      hosts,
      ...(officer === undefined ? {} : { contact: officer.email }),
      ...(openedAt === undefined ? {} : { openedAt }),
    }),
  });
}
