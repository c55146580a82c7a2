import { BlockList, isIP } from "node:net";
import { z } from "zod";

/** A range of addresses without some ranges within it, as an `ipBlock` says it. */
export interface AddressBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** Every address that there is. */
export const everyAddress: readonly AddressBlock[] = [
  { cidr: "0.0.0.0/0", except: [] },
  { cidr: "::/0", except: [] },
];

/** `10.0.0.0/8 except 10.1.0.0/16,10.2.0.0/16`. */
export function blockText({ cidr, except }: AddressBlock): string {
  return except.length === 0 ? cidr : `${cidr} except ${except.join(",")}`;
}

interface Range {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly prefix: number;
}

function rangeOf(cidr: string): Range | undefined {
  const [, address = "", length = ""] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(cidr) ?? [];
  const [version, prefix] = [isIP(address), Number(length)];
  if (version === 0 || address.includes("%") || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, family: version === 4 ? "ipv4" : "ipv6", prefix };
}

/** Is `inner` within `outer`, and smaller? */
function isWithin(inner: Range, outer: Range): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

const cidrSchema = z
  .string()
  .refine(
    (cidr) => rangeOf(cidr) !== undefined,
    "this is no range of addresses; write it as 192.0.2.0/24 or 2001:db8::/32",
  );

export const blockSchema = z
  .strictObject({ cidr: cidrSchema, except: z.array(cidrSchema).nullish() })
  .superRefine(({ cidr, except }, context) => {
    const outer = rangeOf(cidr);
    for (const [index, one] of (except ?? []).entries()) {
      const inner = rangeOf(one);
      if (outer === undefined || inner === undefined || isWithin(inner, outer)) continue;
      context.addIssue({
        code: "custom",
        path: ["except", index],
        message: `${one} is no smaller range within ${cidr}; name one, or remove it`,
      });
    }
  })
  .transform(({ cidr, except }): AddressBlock => ({ cidr, except: [...new Set(except ?? [])].sort() }));
