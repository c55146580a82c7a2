/** What a tier may use in each of its namespaces. Own figures: a start that operators will tune with experience. */
export interface TierQuota {
  readonly pods: number;
  readonly cpu: string;
  readonly memory: string;
  readonly storage: string;
  readonly volumes: number;
}

export type Tier = "Pilot" | "Standard" | "Large" | "Dedicated";

/** Sizes per place; the home namespace runs nothing but jobs of the operator, for which it keeps a reserve. */
export const quotas: Readonly<Record<Tier, Readonly<Record<"home" | "apps" | "data", TierQuota>>>> = {
  Pilot: {
    home: { pods: 4, cpu: "1", memory: "1Gi", storage: "1Gi", volumes: 1 },
    apps: { pods: 40, cpu: "16", memory: "32Gi", storage: "200Gi", volumes: 20 },
    data: { pods: 10, cpu: "8", memory: "16Gi", storage: "200Gi", volumes: 10 },
  },
  Standard: {
    home: { pods: 4, cpu: "1", memory: "1Gi", storage: "1Gi", volumes: 1 },
    apps: { pods: 100, cpu: "64", memory: "128Gi", storage: "2Ti", volumes: 50 },
    data: { pods: 30, cpu: "32", memory: "128Gi", storage: "2Ti", volumes: 30 },
  },
  Large: {
    home: { pods: 8, cpu: "2", memory: "2Gi", storage: "1Gi", volumes: 1 },
    apps: { pods: 300, cpu: "256", memory: "512Gi", storage: "20Ti", volumes: 100 },
    data: { pods: 60, cpu: "128", memory: "512Gi", storage: "20Ti", volumes: 60 },
  },
  Dedicated: {
    home: { pods: 8, cpu: "2", memory: "2Gi", storage: "1Gi", volumes: 1 },
    apps: { pods: 1000, cpu: "1024", memory: "2Ti", storage: "100Ti", volumes: 300 },
    data: { pods: 200, cpu: "512", memory: "2Ti", storage: "100Ti", volumes: 200 },
  },
};
