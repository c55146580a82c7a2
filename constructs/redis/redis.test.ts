import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labels } from "../labels.ts";
import { synthesize } from "../synthesize.ts";
import { Redis, redisDeployment, redisHost, type RedisInput, redisSizes } from "./redis.ts";

const input: RedisInput = {
  namespace: "t-minagri-apps",
  name: "drive-redis",
  labels: labels({ tenant: "minagri", component: "drive", module: "Nextcloud" }),
  image: "registry.example/valkey:8",
  resources: redisSizes.S,
  password: { secret: "drive-secrets", key: "redis-password" },
  clients: { "app.kubernetes.io/component": "drive" },
};
const manifests = synthesize((scope) => {
  new Redis(scope, "redis", input);
});
const find = (kind: string, name = input.name) =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
const settings = find("ConfigMap", "drive-redis-config")?.["data"] as Readonly<Record<string, string>>;

describe("a Redis of a module", () => {
  it("keeps nothing and is bounded by half of its memory", () => {
    for (const line of ['save ""', "appendonly no", "maxmemory 64mb"]) expect(settings["redis.conf"]).toContain(line);
  });

  it("is reached by the module's own pods and by nobody else, and reaches nobody", () => {
    const from = [{ podSelector: { matchLabels: input.clients } }];
    const ports = [{ port: 6379, protocol: "TCP" }];
    expect(find("NetworkPolicy", "drive-redis-allow-clients")?.["spec"]).toMatchObject({
      policyTypes: ["Ingress"],
      ingress: [{ from, ports }],
    });
    expect(find("NetworkPolicy", "drive-redis-allow-from-clients")?.["spec"]).toMatchObject({
      podSelector: { matchLabels: input.clients },
      policyTypes: ["Egress"],
    });
  });

  it("names its password by Secret and key, and passes it to no program", () => {
    const { spec } = (find("Deployment")?.["spec"] as { template: { spec: object } }).template;
    expect(spec).toMatchObject({
      containers: [{ command: ["redis-server", "/conf/redis.conf"] }],
      volumes: [
        {},
        { secret: { secretName: "drive-secrets", items: [{ key: "redis-password", path: "password" }] } },
        {},
      ],
    });
    expect(JSON.stringify(spec)).not.toContain("secretKeyRef");
  });

  it("writes any password as its digest, whatever characters it has", () => {
    const directory = mkdtempSync(join(tmpdir(), "redis-"));
    const password = `it's "quoted" $(id) %s \\ é`;
    writeFileSync(join(directory, "password"), password);
    const script = (settings["account.sh"] ?? "").replaceAll("/secrets", directory).replaceAll("/account", directory);
    execFileSync("sh", ["-c", script]);
    const written = readFileSync(join(directory, "users.acl"), "utf8");
    rmSync(directory, { recursive: true });
    const digest = createHash("sha256").update(password).digest("hex");
    expect(written).toBe(`user default on #${digest} ~* &* +@all -@admin -@dangerous +info +keys +flushdb\n`);
  });

  it("is found by the names that a driver uses", () => {
    expect(find("Service")).toBeDefined();
    expect(redisHost(input)).toBe("drive-redis.t-minagri-apps.svc");
    expect(find("Deployment")?.metadata).toMatchObject({ name: redisDeployment(input).name });
  });
});
