/** A tenant as far as drivers look at it. */
export const meteo = {
  metadata: { name: "meteo" },
  spec: {
    displayName: "Météo",
    organization: { contacts: [{ role: "DPO", email: "dpo@meteo.example" }] },
    domain: "meteo.example",
  },
} as const;
