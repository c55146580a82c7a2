import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { Redis, type RedisInput, redisHost, redisPort } from "../redis/redis.ts";
import { phpIni, portsConf, pushConf, siteConf } from "./apache-configuration.ts";
import { nextcloudFiles, type NextcloudInput, nextcloudName, redisName } from "./nextcloud-input.ts";
import { NextcloudNetwork } from "./nextcloud-network.ts";
import { configurationName, partMetadata, redisClient, trustName } from "./nextcloud-pod.ts";
import { programs } from "./programs.ts";

/** What every program of the module needs: ways, files, a volume, and a Redis for locks and sessions. */
export class Foundation extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudInput) {
    super(scope, id);
    new NextcloudNetwork(this, "network", input);
    this.#volume(input);
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: partMetadata(input, configurationName, "configuration"),
      data: configurationFiles(input),
    });
    const { trustBundle } = input;
    if (trustBundle !== undefined)
      new k8s.KubeConfigMap(this, "trust", {
        metadata: partMetadata(input, trustName, "configuration"),
        data: { "ca.crt": trustBundle },
      });
    new Redis(this, "redis", redisOf(input));
  }

  #volume(input: NextcloudInput): void {
    const { labels: own, ...metadata } = partMetadata(input, nextcloudName, "volume");
    new k8s.KubePersistentVolumeClaim(this, "volume", {
      metadata: { ...metadata, labels: { ...own, [names.protectLabel]: "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: input.storageClass,
        resources: { requests: { storage: k8s.Quantity.fromString(input.storage) } },
      },
    });
  }
}

/** Every file that programs of the module read, by its name in the ConfigMap. */
export function configurationFiles(input: NextcloudInput): Record<string, string> {
  const { configuration, settings, web, trustBundle } = input;
  const redis = { host: redisHost({ name: redisName, namespace: input.namespace }), port: redisPort };
  return {
    ...programs,
    "serving.config.php": configuration.serving,
    "administering.config.php": configuration.administering,
    "settings.json": settings,
    "socle.ini": phpIni(redis, trustBundle === undefined ? undefined : nextcloudFiles.trust),
    "ports.conf": portsConf(web.workers),
    "site.conf": siteConf(),
    "push.conf": pushConf(),
  };
}

function redisOf(input: NextcloudInput): RedisInput {
  const { namespace, labels, redis, pullSecret, secrets } = input;
  return {
    namespace,
    name: redisName,
    labels,
    ...redis,
    ...(pullSecret === undefined ? {} : { pullSecret }),
    password: { secret: secrets, key: "redis-password" },
    clients: { [names.instanceLabel]: labels[names.instanceLabel] ?? "", ...redisClient },
  };
}
