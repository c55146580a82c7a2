import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { type OpenProjectInput, openProjectPort } from "./open-project-input.ts";
import { partMetadata, podTemplate } from "./open-project-pod.ts";

/** The pages that people open, and the worker that does what takes longer than a page: mail, exports, the clean-up of every night. */
export class Projects extends Construct {
  readonly #input: OpenProjectInput;

  constructor(scope: Construct, id: string, input: OpenProjectInput) {
    super(scope, id);
    this.#input = input;
    const metadata = partMetadata(input, "web");
    new k8s.KubeService(this, "service", {
      metadata,
      spec: {
        selector: podSelector(input.labels, "web"),
        ports: [{ name: "http", port: openProjectPort, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    this.#web();
    this.#worker();
  }

  #web(): void {
    // Under another name than its own it answers to this one alone.
    const httpHeaders = [{ name: "Host", value: "localhost" }];
    const health = {
      httpGet: { path: "/health_checks/default", port: k8s.IntOrString.fromString("http"), httpHeaders },
      timeoutSeconds: 3,
    };
    const { resources, values } = this.#input.web;
    this.#deployment(
      "web",
      podTemplate(this.#input, {
        part: "web",
        script: "web",
        resources,
        values,
        container: {
          ports: [{ name: "http", containerPort: openProjectPort, protocol: "TCP" }],
          startupProbe: { ...health, periodSeconds: 5, failureThreshold: 120 },
          readinessProbe: { ...health, periodSeconds: 10, failureThreshold: 3 },
          livenessProbe: { ...health, periodSeconds: 30, failureThreshold: 6 },
        },
      }),
    );
  }

  /** It listens nowhere; what it does not get done is told by the pages' own checks. */
  #worker(): void {
    const { resources, values } = this.#input.worker;
    this.#deployment(
      "worker",
      podTemplate(this.#input, {
        part: "worker",
        script: "worker",
        resources,
        values,
        // A job that is under way is finished.
        pod: { terminationGracePeriodSeconds: 120 },
      }),
    );
  }

  #deployment(part: "web" | "worker", template: k8s.PodTemplateSpec): void {
    const { version, labels } = this.#input;
    const { labels: own, ...metadata } = partMetadata(this.#input, part);
    new k8s.KubeDeployment(this, part, {
      metadata: { ...metadata, labels: { ...own, [names.versionLabel]: version } },
      spec: {
        replicas: this.#input[part].replicas,
        selector: { matchLabels: podSelector(labels, part) },
        template,
      },
    });
  }
}
