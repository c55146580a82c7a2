import { names } from "../crds/group.ts";

export interface LabelInput {
  readonly tenant: string;
  /** What part of the whole it plays: `isolation`, `database`, … */
  readonly component: string;
  /** Module in the spelling of the API; absent on what belongs to the tenant as a whole. */
  readonly module?: string;
}

export interface RegionLabelInput {
  readonly region: string;
  readonly component: string;
  /** Module in the spelling of the API. */
  readonly module: string;
}

/** Labels of what a region runs by itself. A region's name has at most 63 characters, as a label value. */
export function regionLabels({ region, component, module }: RegionLabelInput): Record<string, string> {
  return {
    [names.nameLabel]: module.toLowerCase(),
    [names.instanceLabel]: region,
    [names.componentLabel]: component,
    [names.partOfLabel]: names.partOf,
    [names.managedByLabel]: names.managedBy,
    [names.regionLabel]: region,
    [names.moduleLabel]: module,
  };
}

/**
 * Labels of every object that we make: the recommended ones of Kubernetes and ours. Values need no shortening: a tenant name has at most 24
 * characters, modules and components are closed lists, so all stay within the 63 of a label value.
 */
export function labels({ tenant, component, module }: LabelInput): Record<string, string> {
  return {
    [names.nameLabel]: module === undefined ? "tenant" : module.toLowerCase(),
    [names.instanceLabel]: tenant,
    [names.componentLabel]: component,
    [names.partOfLabel]: names.partOf,
    [names.managedByLabel]: names.managedBy,
    [names.tenantLabel]: tenant,
    ...(module === undefined ? {} : { [names.moduleLabel]: module }),
  };
}

/** The pods of one part of a module; its other parts have the same name and tenant. */
export function podSelector(labels: Readonly<Record<string, string>>, component: string): Record<string, string> {
  const selecting: readonly string[] = [names.nameLabel, names.instanceLabel];
  const shared = Object.entries(labels).filter(([label]) => selecting.includes(label));
  return { ...Object.fromEntries(shared), [names.componentLabel]: component };
}
