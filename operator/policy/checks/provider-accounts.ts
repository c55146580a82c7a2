import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, type SeenText, Unknown } from "../seen.ts";
import { beside, byOwner, known, numSpotFacts, ownerOf, requireFact, wordOf } from "./numspot-facts.ts";

const accounts = "facts.accounts";
const name = `${accounts}[].name`;
const tokenDuration = `${accounts}[].tokenDuration`;
const expirationDate = `${accounts}[].expirationDate`;
const longest = "PT1H";

export const tokenLife = {
  tokenDuration: { value: longest, source: "ours" },
} as const satisfies Readonly<Record<string, Parameter>>;

/** 9-25. Unless it is told otherwise, NumSpot makes accounts that never end, with tokens of a day. */
export const endingAccounts: Evaluation = {
  status: "implemented",
  subjects: [
    numSpotFacts([
      known(accounts),
      known(name),
      { path: tokenDuration, whenAbsent: { default: "PT24H" }, violations: ["PT24H", "P1D", "PT61M", "PT3601S"] },
      { path: expirationDate, whenAbsent: { default: "never" }, violations: ["never"] },
    ]),
  ],
  judge: (facts) => {
    requireFact(facts, accounts);
    const names = byOwner(facts, name, wordOf);
    const called = (seen: SeenText): string => beside(names, ownerOf(seen));
    return [...longTokens(facts, called), ...endless(facts, called)];
  },
};

type NameOf = (seen: SeenText) => string;

function longTokens(facts: Seen, called: NameOf): readonly Problem[] {
  return facts.texts(tokenDuration).flatMap((seen): Problem[] => {
    const account = called(seen);
    if (secondsOf(seen) <= secondsOf({ field: "", value: longest })) return [];
    const message = `A token of service account ${account} is good for ${seen.value}, whoever holds it; make it ${longest} or less.`;
    return [{ field: seen.field, observed: seen.value, message }];
  });
}

function endless(facts: Seen, called: NameOf): readonly Problem[] {
  return facts.texts(expirationDate).flatMap((seen): Problem[] => {
    const account = called(seen);
    if (seen.value !== "never") {
      if (Number.isNaN(Date.parse(seen.value))) throw new Unknown(seen.field, `${seen.field} is no date.`);
      return [];
    }
    const message = `Service account ${account} never ends; give it an expirationDate.`;
    return [{ field: seen.field, observed: "never", message }];
  });
}

/** Of a duration of ISO 8601 without months and years, whose length nobody knows. */
function secondsOf({ field, value }: SeenText): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value);
  if (parts === null || !/\d/.test(value))
    throw new Unknown(field, `${field} is no duration of days, hours, minutes and seconds.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
