import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, type SeenValue, wordsOf } from "../seen.ts";
import { isWide } from "./flows.ts";
import { facingTheInternet } from "./load-balancers.ts";
import { beside, byOwner, known, numberOf, numSpotFacts, ownerOf, requireFact, wordOf } from "./numspot-facts.ts";

const groups = "facts.securityGroups";
const balancers = "facts.loadBalancers";
const portRange = { lowest: 0, highest: 65_535 };
const everything = "everything";
const everywhere = [["0.0.0.0/0"], ["10.0.0.0/16", "::/0"], ["0.0.0.0/1"]];

export const publicPorts = {
  publicPorts: { value: ["443/TCP", "80/TCP"], source: "ours" },
} as const satisfies Readonly<Record<string, Parameter>>;

const rule = (direction: "inbound" | "outbound") => `${groups}[].${direction}[]`;

/** 13-04. A group is made with a rule that lets everything out. */
export const securityGroups: Evaluation = {
  status: "implemented",
  subjects: [
    numSpotFacts([
      known(groups),
      known(`${groups}[].id`, ["sg-of-nothing"]),
      known(`${groups}[].name`),
      known(`${groups}[].inbound`),
      known(`${groups}[].outbound`),
      known(`${rule("inbound")}.ipRanges`),
      known(`${rule("inbound")}.protocol`, ["udp", "-1"]),
      { path: `${rule("inbound")}.fromPort`, whenAbsent: { default: portRange.lowest }, violations: [22] },
      { path: `${rule("inbound")}.toPort`, whenAbsent: { default: portRange.highest }, violations: [8443] },
      known(`${rule("outbound")}.ipRanges`, everywhere),
      known(`${rule("outbound")}.protocol`),
      { path: `${rule("outbound")}.fromPort`, whenAbsent: { default: portRange.lowest }, violations: [] },
      { path: `${rule("outbound")}.toPort`, whenAbsent: { default: portRange.highest }, violations: [] },
      known(balancers),
      known(`${balancers}[].type`, ["internal"]),
      known(`${balancers}[].securityGroups`, [[], ["sg-of-others"]]),
    ]),
  ],
  judge: (facts) => {
    requireFact(facts, groups);
    requireFact(facts, balancers);
    for (const direction of ["inbound", "outbound"]) facts.each(`${groups}[].${direction}`);
    return [...openDoors(facts), ...openWaysOut(facts)];
  },
};

/** Whoever may come from anywhere comes to what is published, through a load balancer that faces the internet. */
function openDoors(facts: Seen): readonly Problem[] {
  const ids = byOwner(facts, `${groups}[].id`, wordOf);
  const names = byOwner(facts, `${groups}[].name`, wordOf);
  const published = publishing(facts);
  const opened = openedBy(facts, "inbound");
  return facts.each(`${rule("inbound")}.ipRanges`).flatMap((seen): Problem[] => {
    const group = groupOf(seen);
    const open = opened(ownerOf(seen));
    const from = wideRange(seen);
    if (from === undefined) return [];
    const isForAll = publicPorts.publicPorts.value.some((one) => one === open);
    if (isForAll && published.has(beside(ids, group))) return [];
    const where = isForAll ? "and is on no load balancer that faces the internet" : "which nobody publishes";
    const message = `Security group ${beside(names, group)} lets ${from} in to ${open}, ${where}; name the addresses that may come in.`;
    return [{ field: seen.field, observed: `${from} to ${open}`, message }];
  });
}

function openWaysOut(facts: Seen): readonly Problem[] {
  const names = byOwner(facts, `${groups}[].name`, wordOf);
  const opened = openedBy(facts, "outbound");
  return facts.each(`${rule("outbound")}.ipRanges`).flatMap((seen): Problem[] => {
    const open = opened(ownerOf(seen));
    const to = wideRange(seen);
    if (to === undefined || !open.startsWith(everything)) return [];
    const message = `Security group ${beside(names, groupOf(seen))} lets ${open} out to ${to}; remove the rule, and name the addresses and ports that are needed.`;
    return [{ field: seen.field, observed: `${open} to ${to}`, message }];
  });
}

const groupOf = ({ field }: SeenValue): string => /^facts\.securityGroups\[\d+\]/.exec(field)?.[0] ?? "";

/** Groups that are on a load balancer with a public address. */
function publishing(facts: Seen): ReadonlySet<string> {
  const facing = facingTheInternet(facts);
  const named = facts.each(`${balancers}[].securityGroups`).map((seen) => ({ of: ownerOf(seen), ids: wordsOf(seen) }));
  return new Set(named.filter(({ of }) => facing.has(of)).flatMap(({ ids }) => ids));
}

/** What a rule opens: `443/TCP`, `30000-32767/UDP`, `everything`, `everything of TCP`. */
function openedBy(facts: Seen, direction: "inbound" | "outbound"): (owner: string) => string {
  const protocols = byOwner(facts, `${rule(direction)}.protocol`, wordOf);
  const from = byOwner(facts, `${rule(direction)}.fromPort`, numberOf);
  const to = byOwner(facts, `${rule(direction)}.toPort`, numberOf);
  return (owner) => {
    const protocol = beside(protocols, owner).toUpperCase();
    const [first, last] = [beside(from, owner), beside(to, owner)];
    if (protocol === "-1") return everything;
    if (first <= 1 && last >= portRange.highest) return `${everything} of ${protocol}`;
    return first === last ? `${first}/${protocol}` : `${first}-${last}/${protocol}`;
  };
}

function wideRange(seen: SeenValue): string | undefined {
  return wordsOf(seen).find((value, index) => isWide({ field: `${seen.field}[${index}]`, value }));
}
