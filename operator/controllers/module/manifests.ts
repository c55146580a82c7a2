import type { Manifest } from "../../../constructs/manifest.ts";
import type { ApplicationWanted, DesiredModule } from "../../modules/driver.ts";
import { sealed } from "../../reconcile/digest.ts";
import { allManifests } from "../../reconcile/workload.ts";

/** What serves of an application; with `published` also the way to it. */
export function applicationManifests({ workload, route }: ApplicationWanted, published: boolean): readonly Manifest[] {
  return published ? [...workload.manifests, ...route] : workload.manifests;
}

/** Every object of a module in the cluster but its Secrets, once it is published, in the order in which they are applied. Pure. */
export function moduleManifests({ server, database, application }: DesiredModule): Manifest[] {
  const all = [
    ...(server === undefined ? [] : allManifests(server)),
    ...(database?.objects ?? []),
    ...(application === undefined
      ? []
      : allManifests({ ...application.workload, manifests: applicationManifests(application, true) })),
  ];
  return all.map(sealed);
}
