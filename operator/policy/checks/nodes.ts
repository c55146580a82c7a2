import { BlockList, isIP } from "node:net";
import type { Evaluation } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { Unknown } from "../seen.ts";

const node: Read = {
  apiVersion: "v1",
  kind: "Node",
  scope: "cluster",
  fields: [
    { path: "status.addresses[].type", whenAbsent: "error", violations: ["ExternalIP", "ExternalDNS"] },
    { path: "status.addresses[].address", whenAbsent: "error", violations: ["198.51.100.7", "2001:db8::7"] },
  ],
};

/** RFC 1918, RFC 6598, RFC 4193, and what never leaves a link. */
const privateRanges = new BlockList();
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  privateRanges.addSubnet(network, prefix, "ipv4");
privateRanges.addSubnet("fc00::", 7, "ipv6");
privateRanges.addSubnet("fe80::", 10, "ipv6");

/** 13-05. https://kubernetes.io/docs/reference/node/node-status/#addresses */
export const nodeAddresses: Evaluation = {
  status: "implemented",
  subjects: [node],
  judge: (object) => {
    const types = object.texts("status.addresses[].type");
    const addresses = object.texts("status.addresses[].address");
    if (types.length === 0) throw new Unknown("status.addresses", "The addresses of this node are not known.");
    return addresses.flatMap(({ field, value }, index): Problem[] => {
      const type = types[index]?.value ?? "";
      if (!type.startsWith("External") && !isPublic(value)) return [];
      const message = `${type} ${value} can be reached from outside; take it from the node and let traffic in through a load balancer.`;
      return [{ field, observed: value, message }];
    });
  },
};

/** A name of a host is no address. */
function isPublic(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !privateRanges.check(address, family === 4 ? "ipv4" : "ipv6");
}
