/**
 * Fields of the public contract that no code of this release reads (spec) or writes (status), and what will. Where a region states one, its
 * condition CapabilitiesVerified names it; the reference pages mark it. Held to the code by a test.
 */
export interface ReservedFields {
  readonly spec?: Readonly<Record<string, string>>;
  readonly status?: Readonly<Record<string, string>>;
}

export const reservedFields = {
  SovereignRegion: {
    spec: {
      "openXchange.cidrs": "network policies of the operator; no pod of a tenant calls the App Suite",
    },
  },
} as const satisfies Readonly<Record<string, ReservedFields>>;

/** Fields that are kept for people who audit, and that no decision reads. */
export const recordedFields: Readonly<Record<string, readonly string[]>> = {
  SovereignRegion: [
    "qualifications[].holder",
    "qualifications[].scope",
    "qualifications[].evidenceURI",
    "qualifications[].evidenceSHA256",
  ],
};
