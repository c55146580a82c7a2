import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { type ContainerResources, restrictedContainer, restrictedPod } from "../restricted-pod.ts";

/** Files for browsers, handed out by the nginx of an image. Plain data. */
export interface NginxSiteInput {
  /** Of Service and Deployment. */
  readonly name: string;
  readonly namespace: string;
  /** Of all its objects; name and instance among them select its pods, with the component. */
  readonly labels: Readonly<Record<string, string>>;
  readonly component: string;
  readonly image: string;
  readonly pullSecret?: string;
  readonly replicas: number;
  readonly resources: ContainerResources;
  /** By name; they lie in `nginxFiles`. */
  readonly files: Readonly<Record<string, string>>;
  /** What the server is told beyond its port, a directive each. */
  readonly server: readonly string[];
}

export const nginxPort = 8080;
/** Where the site's own files lie. */
export const nginxFiles = "/conf";
/** User of the public image of Element Web, the one with nginx that every region has. */
const nginxUser = 10004;

/** A web server that asks nobody and keeps nothing. */
export class NginxSite extends Construct {
  readonly #input: NginxSiteInput;

  constructor(scope: Construct, id: string, input: NginxSiteInput) {
    super(scope, id);
    this.#input = input;
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: this.#metadata(this.#configurationName),
      data: this.#files,
    });
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(input.name),
      spec: {
        selector: this.#selector,
        ports: [{ name: "http", port: nginxPort, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    this.#deployment();
  }

  get #configurationName(): string {
    return `${this.#input.name}-config`;
  }

  get #files(): Record<string, string> {
    return { ...this.#input.files, "nginx.conf": nginxConf(this.#input.server) };
  }

  #metadata(name: string): k8s.ObjectMeta {
    const { namespace, labels, component } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  get #selector(): Record<string, string> {
    return podSelector(this.#input.labels, this.#input.component);
  }

  #deployment(): void {
    const { name, replicas, pullSecret } = this.#input;
    const metadata = this.#metadata(name);
    const digest = createHash("sha256")
      .update(JSON.stringify(Object.values(this.#files)))
      .digest("hex");
    new k8s.KubeDeployment(this, "deployment", {
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: this.#selector },
        template: {
          metadata: {
            labels: { ...metadata.labels },
            annotations: { "socle.dev/configuration": digest.slice(0, 32) },
          },
          spec: {
            ...restrictedPod(nginxUser),
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            containers: [this.#container()],
            volumes: [
              { name: "configuration", configMap: { name: this.#configurationName } },
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
      ...restrictedContainer(this.#input.component, this.#input),
      command: ["nginx", "-c", `${nginxFiles}/nginx.conf`],
      ports: [{ name: "http", containerPort: nginxPort, protocol: "TCP" }],
      readinessProbe: { ...health, periodSeconds: 5 },
      livenessProbe: { ...health, periodSeconds: 20 },
      volumeMounts: [
        { name: "configuration", mountPath: nginxFiles, readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
      ],
    };
  }
}

/** Ours instead of the image's, whose start writes into its root. */
function nginxConf(server: readonly string[]): string {
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
    ...[`listen ${nginxPort};`, ...server].map((line) => `    ${line}`),
    "  }",
    "}\n",
  ].join("\n");
}

/** What browsers are told with every answer. The policy is made of words of ours and checked hosts, and holds no quote. */
export function securityHeaders(policy: readonly string[]): readonly string[] {
  const headers = {
    "Content-Security-Policy": policy.join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
  };
  return Object.entries(headers).map(([name, value]) => `add_header ${name} "${value}" always;`);
}

/** Answers whoever asks whether it runs, without a file. */
export const healthLocation = "location = /health { return 200; }";
