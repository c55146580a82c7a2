import { z } from "zod";
import { blockSchema } from "./address-block.ts";
import { selectorSchema } from "./label-selector.ts";
import { lastPort, protocols } from "./port-set.ts";
import type { Peer, Policy, Rule, RulePort } from "./world.ts";

const portHint = `give a number from 1 to ${lastPort} without quotes, or the name of a port`;
const portNumber = z.int(portHint).min(1, portHint).max(lastPort, portHint);
const portName = z.string().regex(/^(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?$/, portHint);

const portSchema = z
  .strictObject({
    protocol: z.enum(protocols).nullish(),
    port: z.union([portNumber, portName], portHint).nullish(),
    endPort: portNumber.nullish(),
  })
  .superRefine(({ port, endPort }, context) => {
    if (typeof endPort !== "number" || (typeof port === "number" && endPort >= port)) return;
    const message = "the end of a range needs a number in port that is no greater; mend one of them";
    context.addIssue({ code: "custom", path: ["endPort"], message });
  })
  .transform(({ protocol, port, endPort }): RulePort => {
    const common = { protocol: protocol ?? "TCP" };
    if (typeof port === "string") return { ...common, name: port };
    return typeof port === "number"
      ? { ...common, from: port, to: endPort ?? port }
      : { ...common, from: 1, to: lastPort };
  });

const peerSchema = z
  .strictObject({
    podSelector: selectorSchema.nullish(),
    namespaceSelector: selectorSchema.nullish(),
    ipBlock: blockSchema.nullish(),
  })
  .superRefine(({ podSelector, namespaceSelector, ipBlock }, context) => {
    const pods = Array.isArray(podSelector) || Array.isArray(namespaceSelector);
    const add = (message: string): void => {
      context.addIssue({ code: "custom", message });
    };
    if (!pods && !isGiven(ipBlock)) add("a peer without anything selects nobody; give it a selector or an ipBlock");
    if (pods && isGiven(ipBlock)) add("an ipBlock stands alone; put the selectors into a peer of their own");
  })
  .transform(({ podSelector, namespaceSelector, ipBlock }): Peer => {
    if (isGiven(ipBlock)) return { block: ipBlock };
    const pods = podSelector ?? [];
    return isGiven(namespaceSelector) ? { namespaces: namespaceSelector, pods } : { pods };
  });

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

interface GivenRule {
  readonly peers: readonly Peer[] | null | undefined;
  readonly ports: readonly RulePort[] | null | undefined;
}

/** A list that is empty says what one that is absent says: everybody, or every port. */
function rule({ peers, ports }: GivenRule): Rule {
  return {
    ...(isGiven(peers) && peers.length > 0 ? { peers } : {}),
    ...(isGiven(ports) && ports.length > 0 ? { ports } : {}),
  };
}

const peers = z.array(peerSchema).nullish();
const ports = z.array(portSchema).nullish();
const ingressSchema = z
  .strictObject({ from: peers, ports })
  .transform((given) => rule({ peers: given.from, ports: given.ports }));
const egressSchema = z
  .strictObject({ to: peers, ports })
  .transform((given) => rule({ peers: given.to, ports: given.ports }));

const specSchema = z.strictObject({
  podSelector: selectorSchema.nullish(),
  policyTypes: z.array(z.enum(["Ingress", "Egress"])).nullish(),
  ingress: z.array(ingressSchema).nullish(),
  egress: z.array(egressSchema).nullish(),
});

/** A NetworkPolicy of networking.k8s.io/v1 with the defaults that the API server would fill in. A field that it does not know is an error: without it the policy would mean something else. */
export const policySchema = z
  .strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ namespace: z.string().nullish() }),
    spec: specSchema.nullish(),
    status: z.unknown().optional(),
  })
  .transform(({ metadata, spec }): Policy => {
    const { podSelector, policyTypes, ingress, egress } = spec ?? {};
    const types = policyTypes ?? [];
    // Who does not say which directions are meant means Ingress, and Egress where there are such rules.
    const implied = types.length === 0;
    return {
      namespace: metadata.namespace ?? "default",
      pods: podSelector ?? [],
      ...(implied || types.includes("Ingress") ? { ingress: ingress ?? [] } : {}),
      ...((implied && (egress ?? []).length > 0) || types.includes("Egress") ? { egress: egress ?? [] } : {}),
    };
  });
