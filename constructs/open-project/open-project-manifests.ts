import { k8s } from "cdk8s-plus-28";
import { names } from "../../crds/group.ts";
import type { Manifest } from "../manifest.ts";
import { podSelector } from "../labels.ts";
import { certificateSecret, PublicRoute } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";
import { Redis } from "../redis/redis.ts";
import { synthesize } from "../synthesize.ts";
import {
  cacheName,
  type OpenProjectInput,
  openProjectKeys,
  openProjectName,
  openProjectPort,
  type OpenProjectRouteInput,
  partName,
} from "./open-project-input.ts";
import { OpenProjectNetwork } from "./open-project-network.ts";
import { configurationName, partMetadata, podTemplate, trustName } from "./open-project-pod.ts";
import { Projects } from "./projects.ts";

/** What has to be there before the tables change: flows, files, and the cache. Pure. */
export function openProjectGround(input: OpenProjectInput): Manifest[] {
  const { namespace, labels, configuration, trustBundle, cache, cacheImage, pullSecret, secrets } = input;
  return synthesize((scope) => {
    new OpenProjectNetwork(scope, "network", input);
    const metadata = { namespace, labels: { ...labels, [names.componentLabel]: "configuration" } };
    new k8s.KubeConfigMap(scope, "configuration", {
      metadata: { ...metadata, name: configurationName },
      data: { "configuration.yml": configuration },
    });
    if (trustBundle !== undefined)
      new k8s.KubeConfigMap(scope, "trust", {
        metadata: { ...metadata, name: trustName },
        data: { "ca.crt": trustBundle },
      });
    const { [names.componentLabel]: _one, ...clients } = podSelector(labels, "");
    new Redis(scope, "cache", {
      namespace,
      name: cacheName,
      labels,
      image: cacheImage,
      ...(pullSecret === undefined ? {} : { pullSecret }),
      resources: cache,
      password: { secret: secrets.own, key: openProjectKeys.cache },
      clients,
    });
  });
}

/** The same at every size: another size changes no table, so it makes no other Job. */
const migrationResources: ContainerResources = { cpu: "250m", memoryMi: 2048 };

/** The Job that brings the tables to this version and makes what it starts with, its login among that. Pure. */
export function openProjectMigration(input: OpenProjectInput): Manifest {
  const [job] = synthesize((scope) => {
    const { labels, ...metadata } = partMetadata(input, "migration");
    new k8s.KubeJob(scope, "job", {
      metadata: { ...metadata, labels: { ...labels, [names.versionLabel]: input.version } },
      spec: {
        backoffLimit: 2,
        template: podTemplate(input, {
          part: "migration",
          script: "seeder",
          resources: migrationResources,
          secrets: { OPENPROJECT_SEED_ADMIN_USER_PASSWORD: openProjectKeys.administrator },
          pod: { restartPolicy: "Never" },
        }),
      },
    });
  });
  if (job === undefined) throw new Error("Nothing was made of one Job.");
  return job;
}

/** Pages and worker. Pure. */
export function openProjectPrograms(input: OpenProjectInput): Manifest[] {
  return synthesize((scope) => {
    new Projects(scope, "projects", input);
  });
}

/** The public way to them. Pure. */
export function openProjectRoute({ publishing, tlsSecret, ...input }: OpenProjectRouteInput): Manifest[] {
  return synthesize((scope) => {
    new PublicRoute(scope, "route", {
      ...input,
      name: openProjectName,
      paths: [{ path: "/", service: partName("web"), port: openProjectPort }],
      accessibilityOf: openProjectName,
      publishing,
      tlsSecret: certificateSecret(publishing, openProjectName, tlsSecret),
    });
  });
}
