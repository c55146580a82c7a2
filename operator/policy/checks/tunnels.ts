import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, type SeenValue, Unknown, wordsOf } from "../seen.ts";
import { known, numberOf, numSpotFacts, requireFact } from "./numspot-facts.ts";

const connections = "facts.vpnConnections";
const strongGroups = ["16", "19", "21"];

export const tunnelGroups = {
  groups: { value: strongGroups, source: "ours" },
} as const satisfies Readonly<Record<string, Parameter>>;

/** Words as NumSpot and makers of gateways write them, without their marks: `AES-256-CBC`, `aes256`, `sha2-256`. A word of neither sort is not judged. */
interface Words {
  readonly what: string;
  readonly strong: RegExp;
  readonly weak: RegExp;
  readonly remedy: string;
}

const versions: Words = { what: "IKE", strong: /^(ike)?v?2$/, weak: /^(ike)?v?1$/, remedy: "allow ikev2 alone" };
const encryption: Words = {
  what: "encryption",
  strong: /^aes256(cbc|gcm(8|12|16)?)?$/,
  weak: /^(aes(128|192)[a-z0-9]*|3?des[a-z0-9]*|null)$/,
  remedy: "allow AES-256 alone",
};
const integrity: Words = {
  what: "integrity",
  strong: /^(hmac)?sha(2?(256|384|512))$/,
  weak: /^(hmac)?(sha1?|md5)(96)?$/,
  remedy: "allow SHA2-256 alone",
};

const words: readonly (readonly [path: string, of: Words, violations: readonly unknown[]])[] = [
  [`${connections}[].phase1.ikeVersions`, versions, [["ikev1"], ["ikev2", "ikev1"]]],
  ...(["phase1", "phase2"] as const).flatMap((phase) => [
    [`${connections}[].${phase}.encryption`, encryption, [["AES-128-CBC"], ["aes256", "aes128"], ["3des"]]] as const,
    [`${connections}[].${phase}.integrity`, integrity, [["sha1"], ["sha2-256", "HMAC-SHA1"], ["md5"]]] as const,
  ]),
];
const groups = ["phase1", "phase2"].map((phase) => `${connections}[].${phase}.groups`);

/** 10-15. A tunnel is as strong as the weakest that its two ends may agree on: NumSpot takes group 2 and SHA-1 too. */
export const tunnels: Evaluation = {
  status: "implemented",
  subjects: [
    numSpotFacts([
      known(connections),
      ...words.map(([path, , violations]) => known(path, violations)),
      ...groups.map((path) => known(path, [[2], [14], [19, 2]])),
    ]),
  ],
  judge: (facts) => {
    requireFact(facts, connections);
    return [
      ...words.flatMap(([path, of]) => facts.each(path).flatMap((seen) => weakWords(seen, of))),
      ...weakGroups(facts),
    ];
  },
};

function weakWords(seen: SeenValue, { what, strong, weak, remedy }: Words): readonly Problem[] {
  return allowed(seen, wordsOf(seen)).flatMap((word): Problem[] => {
    const plain = word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    if (strong.test(plain)) return [];
    if (!weak.test(plain)) throw new Unknown(seen.field, `${seen.field} has a word that this release does not know.`);
    return [{ field: seen.field, observed: word, message: `The tunnel may agree on ${what} ${word}; ${remedy}.` }];
  });
}

function weakGroups(facts: Seen): readonly Problem[] {
  return groups
    .flatMap((path) => facts.each(path))
    .flatMap((seen) => {
      if (!Array.isArray(seen.value)) throw new Unknown(seen.field, `${seen.field} is no list.`);
      return allowed(seen, seen.value).flatMap((value: unknown): Problem[] => {
        const group = String(numberOf({ field: seen.field, value }));
        if (strongGroups.includes(group)) return [];
        const message = `The tunnel may agree on Diffie-Hellman group ${group}; allow ${strongGroups.join(", ")} alone.`;
        return [{ field: seen.field, observed: group, message }];
      });
    });
}

/** A list that allows nothing says nothing: the server has defaults that nobody told. */
function allowed<T>({ field }: SeenValue, list: readonly T[]): readonly T[] {
  if (list.length === 0) throw new Unknown(field, `${field} does not say what is allowed.`);
  return list;
}
