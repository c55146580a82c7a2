/** The operator as a pod, for lanes with nodes: what the chart will render, in short. */
export function operatorDeployment(image: string): readonly unknown[] {
  const labels = { "app.kubernetes.io/name": "socle", "app.kubernetes.io/component": "operator" };
  const namespace = "socle-system";
  const container = {
    name: "operator",
    image,
    imagePullPolicy: "IfNotPresent",
    env: [
      { name: "SOCLE_HEALTH_ADDRESS", value: "0.0.0.0:8080" },
      { name: "SOCLE_PROBE_INTERVAL_SECONDS", value: "10" },
    ],
    ports: [{ name: "health", containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 1 },
    livenessProbe: { httpGet: { path: "/livez", port: "health" }, periodSeconds: 10 },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "socle", namespace, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "socle",
            terminationGracePeriodSeconds: 30,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65532,
              runAsGroup: 65532,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [container],
          },
        },
      },
    },
  ];
}
