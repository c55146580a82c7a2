/** Chapters of SecNumCloud 3.2 by their number, in our own words. */
export const chapters: Readonly<Record<string, string>> = {
  4: "Field of use",
  5: "Risk and policy",
  6: "Organisation",
  7: "People",
  8: "Assets",
  9: "Identity, access, isolation",
  10: "Cryptography",
  11: "Premises",
  12: "Operations",
  13: "Communications",
  14: "Development",
  15: "Third parties",
  16: "Incidents",
  17: "Continuity",
  18: "Audits and controls",
  19: "Service agreement, location, erasure, foreign law",
};
