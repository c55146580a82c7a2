import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";
import { beside, byOwner, known, numberOf, numSpotFacts, ownerOf, requireFact, wordOf } from "./numspot-facts.ts";

const balancers = "facts.loadBalancers";
const name = `${balancers}[].name`;
const type = `${balancers}[].type`;
const listeners = `${balancers}[].listeners`;
const port = `${listeners}[].port`;
const protocol = `${listeners}[].protocol`;

export const clearPorts = {
  redirectPort: { value: 80, source: "ours" },
  /** Where a protocol that is passed through begins with TLS. */
  tlsPort: { value: 443, source: "ours" },
} as const satisfies Readonly<Record<string, Parameter>>;

/**
 * 10-11. A listener that passes TCP on ends no TLS itself: on the port of HTTPS it is the ingress controller that does. What a listener on the port of the
 * redirect answers is judged where routes are.
 */
export const clearListeners: Evaluation = {
  status: "implemented",
  subjects: [
    numSpotFacts([
      known(balancers),
      known(name),
      known(type),
      known(listeners),
      known(port, [8080, 25]),
      known(protocol, ["HTTP"]),
    ]),
  ],
  judge: (facts) => {
    requireFact(facts, balancers);
    facts.each(listeners);
    const names = byOwner(facts, name, wordOf);
    const facing = facingTheInternet(facts);
    const ports = byOwner(facts, port, numberOf);
    return facts.texts(protocol).flatMap((seen): Problem[] => {
      const listener = ownerOf(seen);
      const balancer = listener.replace(/\.listeners\[\d+\]$/, "");
      const at = beside(ports, listener);
      if (!facing.has(balancer) || isEncrypted(seen, at)) return [];
      const message = `Load balancer ${beside(names, balancer)} listens in clear (${seen.value}) on port ${at}, which faces the internet; end TLS there, or remove the listener.`;
      return [{ field: seen.field, observed: `${seen.value} ${at}`, message }];
    });
  },
};

/** Those that have a public address, as `facts.loadBalancers[0]`. */
export function facingTheInternet(facts: Seen): ReadonlySet<string> {
  const facing = facts.texts(type).filter(({ field, value }) => {
    if (value === "internal" || value === "internet-facing") return value === "internet-facing";
    throw new Unknown(field, `${field} is no type of load balancer that this release knows.`);
  });
  return new Set(facing.map(ownerOf));
}

/** Encrypted, or there to redirect. */
function isEncrypted({ field, value }: { readonly field: string; readonly value: string }, at: number): boolean {
  const { redirectPort, tlsPort } = clearPorts;
  switch (value) {
    case "HTTPS":
    case "SSL":
      return true;
    case "TCP":
      return at === redirectPort.value || at === tlsPort.value;
    case "HTTP":
      return at === redirectPort.value;
    default:
      throw new Unknown(field, `${field} is no protocol that this release knows.`);
  }
}
