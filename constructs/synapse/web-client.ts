import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { type WebClientInput, webClientName, webClientPort, webClientUser } from "./synapse-input.ts";

const configurationName = `${webClientName}-config`;
const mounted = "/conf";

/** Element Web: files for browsers, and what they are told. It asks nobody and keeps nothing. */
export class WebClient extends Construct {
  readonly #input: WebClientInput;

  constructor(scope: Construct, id: string, input: WebClientInput) {
    super(scope, id);
    this.#input = input;
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: this.#metadata(configurationName),
      data: { "config.json": input.configuration, "nginx.conf": nginxConf(input) },
    });
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(webClientName),
      spec: {
        selector: this.#selector,
        ports: [{ name: "http", port: webClientPort, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    this.#deployment();
  }

  #metadata(name: string): k8s.ObjectMeta {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: webClientName } };
  }

  get #selector(): Record<string, string> {
    return podSelector(this.#input.labels, webClientName);
  }

  #deployment(): void {
    const { replicas, configuration, pullSecret } = this.#input;
    const { labels: own } = this.#metadata(webClientName);
    const digest = createHash("sha256")
      .update(JSON.stringify([configuration, nginxConf(this.#input)]))
      .digest("hex");
    new k8s.KubeDeployment(this, "deployment", {
      metadata: this.#metadata(webClientName),
      spec: {
        replicas,
        selector: { matchLabels: this.#selector },
        template: {
          metadata: { labels: { ...own }, annotations: { "socle.dev/configuration": digest.slice(0, 32) } },
          spec: {
            ...restrictedPod(webClientUser),
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            containers: [this.#container()],
            volumes: [
              { name: "configuration", configMap: { name: configurationName } },
              { name: "tmp", emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") } },
            ],
          },
        },
      },
    });
  }

  #container(): k8s.Container {
    const health = { httpGet: { path: "/health", port: k8s.IntOrString.fromString("http") } };
    return {
      ...restrictedContainer(webClientName, this.#input),
      command: ["nginx", "-c", `${mounted}/nginx.conf`],
      ports: [{ name: "http", containerPort: webClientPort, protocol: "TCP" }],
      readinessProbe: { ...health, periodSeconds: 5 },
      livenessProbe: { ...health, periodSeconds: 20 },
      volumeMounts: [
        { name: "configuration", mountPath: mounted, readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
      ],
    };
  }
}

/**
 * Ours instead of the image's, whose start writes into its root. Pages of others may not show this one in a frame; `connect-src` is what the
 * client may talk to, and no other host is in it.
 */
function nginxConf({ homeserver }: Pick<WebClientInput, "homeserver">): string {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self' blob:",
    `img-src 'self' blob: data: ${homeserver}`,
    `media-src 'self' blob: ${homeserver}`,
    `connect-src 'self' ${homeserver}`,
    "frame-src 'self' blob:",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'self'",
  ].join("; ");
  const header = (name: string, value: string): string => `    add_header ${name} "${value}" always;`;
  return [
    "daemon off;",
    "pid /tmp/nginx.pid;",
    "error_log stderr warn;",
    "worker_processes 1;",
    "events { worker_connections 512; }",
    "http {",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path /tmp/${name};`),
    "  include /etc/nginx/mime.types;",
    "  access_log off;",
    "  server_tokens off;",
    "  server {",
    `    listen ${webClientPort};`,
    "    root /app;",
    header("Content-Security-Policy", policy),
    header("X-Content-Type-Options", "nosniff"),
    header("Referrer-Policy", "no-referrer"),
    header("Cache-Control", "no-cache"),
    "    location = /health { return 200; }",
    `    location ~ ^/config\\..*json$ { alias ${mounted}/config.json; }`,
    "    location / { try_files $uri $uri/ =404; }",
    "  }",
    "}\n",
  ].join("\n");
}
