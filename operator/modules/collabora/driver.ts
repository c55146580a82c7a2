import { collaboraName } from "../../../constructs/collabora/collabora-input.ts";
import { collaboraManifests, collaboraRoute } from "../../../constructs/collabora/collabora-manifests.ts";
import { labels, podSelector } from "../../../constructs/labels.ts";
import { namespaceName, publicCertificateName } from "../../../constructs/names.ts";
import { nextcloudAddress, nextcloudPorts } from "../../../constructs/nextcloud/nextcloud-input.ts";
import { moduleAccessibility } from "../accessibility.ts";
import { imageOfVersion } from "../catalogue.ts";
import type { ApplicationWanted, CapabilityGap, DesiredModule, ModuleDriver, ModuleInput } from "../driver.ts";
import { publishingGap, publishingOf } from "../publishing.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { officeOptions } from "./office-options.ts";
import { probeOffice } from "./probe.ts";
import { officePods, officeSize } from "./size.ts";

/** An online office for the tenant's files: alone in a namespace of its own, and out of it leads one way, to those files. */
export const collaboraDriver: ModuleDriver = {
  module: "Collabora",
  requires: () => ["Nextcloud"],
  gap(input): CapabilityGap | undefined {
    return missingFiles(input) ?? publishingGap(input.region, input.cluster) ?? tooManyPods(input);
  },
  desired(input): DesiredModule {
    const { host, url } = addressesOf(input);
    return {
      claims: [{ kind: "Hostname", value: host }],
      secrets: [],
      application: applicationWanted(input),
      url,
      version: imageOf(input).version,
      resolved: {},
    };
  },
  probe: probeOffice,
};

function missingFiles({ siblings }: ModuleInput): CapabilityGap | undefined {
  if (siblings.some(({ spec }) => spec.module === "Nextcloud")) return undefined;
  return { message: "Module Nextcloud is not part of the tenant yet." };
}

/** Two people in two pods would not see each other write, and the last to save would win. */
function tooManyPods({ module, tenant, region }: ModuleInput): CapabilityGap | undefined {
  const pods = officePods(module.spec);
  if (pods === 1 || publishingOf(region).by === "ingress") return undefined;
  const { size = "S", collabora } = module.spec;
  return {
    message: `collabora.maxDocuments ${collabora?.maxDocuments ?? 0} of tenant ${tenant.metadata.name} takes ${pods} pods of size ${size}, and a Gateway cannot send everybody who works on a document to the same one: choose a larger size, or at most ${officeSize(module.spec).documents} documents.`,
  };
}

function imageOf({ module, region }: ModuleInput): { readonly version: string; readonly reference: string } {
  const asked = module.spec.version ?? module.status?.version;
  return imageOfVersion(region.spec, "collabora", asked) ?? { version: "", reference: "" };
}

function addressesOf({
  tenant,
  region,
}: ModuleInput): Readonly<Record<"host" | "authority" | "url" | "frame", string>> {
  const { domain } = tenant.spec;
  const { httpsPort } = region.spec.ingress;
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  const host = `docs.${domain}`;
  return { host, authority: `${host}${port}`, url: `https://${host}${port}`, frame: `https://drive.${domain}${port}` };
}

function applicationWanted(input: ModuleInput): ApplicationWanted {
  const { module, region } = input;
  const tenant = input.tenant.metadata.name;
  const [namespace, files] = [namespaceName(tenant, "office"), namespaceName(tenant, "apps")];
  const { host, authority, frame } = addressesOf(input);
  const { version, reference } = imageOf(input);
  const own = labels({ tenant, component: "office", module: "Collabora" });
  return {
    workload: {
      manifests: [
        ...collaboraManifests({
          namespace,
          labels: own,
          version,
          image: reference,
          ...pullSecretOf(region),
          replicas: officePods(module.spec),
          resources: officeSize(module.spec).resources,
          options: officeOptions({ host: authority, frame }),
          documents: nextcloudAddress(files),
          host: {
            namespace: files,
            pods: podSelector(labels({ tenant, component: "drive", module: "Nextcloud" }), "web"),
            port: nextcloudPorts.web,
          },
        }),
        ...moduleAccessibility(input, {
          of: collaboraName,
          namespace,
          labels: own,
          service: "Bureautique en ligne",
          hosts: [host],
        }),
      ],
      awaits: [{ apiVersion: "apps/v1", kind: "Deployment", namespace, name: collaboraName }],
    },
    route: collaboraRoute({
      namespace,
      labels: own,
      host,
      publishing: publishingOf(region),
      tlsSecret: publicCertificateName,
    }),
    certificateSecret: publicCertificateName,
  };
}
