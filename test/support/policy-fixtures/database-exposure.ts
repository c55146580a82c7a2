import { names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const service = (namespace: string, labels: Readonly<Record<string, string>>, type: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "postgresql-rw", namespace, labels },
  spec: { type },
});

export const databaseExposure: Fixtures = {
  "9-29": [
    {
      subject: service("t-meteo-data", {}, "ClusterIP"),
      rows: [
        {
          that: "is of the platform's own database",
          subject: service("socle-identity", { [names.componentLabel]: "database" }, "NodePort"),
          result: "fail",
        },
        {
          that: "was made by CloudNativePG",
          subject: service("socle-identity", { "cnpg.io/cluster": "keycloak" }, "LoadBalancer"),
          result: "fail",
        },
      ],
    },
    {
      subject: {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgresql", namespace: "t-meteo-data" },
        spec: {
          managed: { services: { additional: [{ serviceTemplate: { spec: { type: "ClusterIP" } } }] } },
        },
      },
    },
    {
      subject: {
        apiVersion: "socle.dev/v1alpha1",
        kind: "SovereignRegion",
        metadata: { name: "north" },
        spec: { postgresql: { server: { cidrs: ["10.20.0.0/24", "fd00:20::/64"] } } },
      },
    },
  ],
};
