/** What only a certification body says of anybody: a check gives evidence, and no more. Nouns for the subject of a requirement are none of these. */
const claims = [
  /(?<!\p{L})conformes?(?!\p{L})/iu,
  /(?<!\p{L})(?:certifi|qualifi|homologu|agré)ée?s?(?!\p{L})/iu,
  /(?<!\p{L})(?:compliant|qualified|certified)(?!\p{L})/iu,
];

/** The words of a text that claim too much, in French and in English. */
export function claimsIn(text: string): readonly string[] {
  return claims.flatMap((claim) => claim.exec(text.normalize("NFC")) ?? []);
}
