import { z } from "zod";
import type {
  DatabaseBackups,
  LoadBalancer,
  ManagedCluster,
  ManagedDatabase,
  ProviderAccount,
  SecurityGroup,
  SecurityRule,
  TunnelPhase,
  VpnConnection,
} from "./numspot-api.ts";

/*
 * What the operator uses of NumSpot's answers. Lists of words that the documentation closes are text here, since its versions already disagree on them; fields
 * that are not named are dropped, so that a secret among them goes no further.
 */

/** `GET …` of a list: some services page, and all may. A list that is not there is no empty one. */
const listOf = <T>(item: z.ZodType<T>) => z.object({ items: z.array(item), nextPageToken: z.string().optional() });

const word = z.string().min(1);
const state = z.object({ state: word });

export const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** RFC 9457. Only its type is read: the rest is text for people, which may quote what was sent. */
export const problemAnswer = z.object({ type: z.string() });
export const quotaAnswer = z.object({
  quota: z.array(z.object({ rateLimit: z.object({ reset: z.string().optional() }).optional() })),
});

export const kubernetesVersionsAnswer = z.object({ versions: z.array(word) });

export const locationsAnswer = listOf(z.object({ subRegionName: word }));

export const clustersAnswer = listOf<ManagedCluster>(
  z
    .object({ id: word, name: word, version: word, fullVersion: word, visibility: word, status: state })
    .transform(({ status, ...cluster }) => ({ ...cluster, state: status.state })),
);

const encryption = z.object({ encryption: word.optional() }).optional();

export const databasesAnswer = listOf<ManagedDatabase>(
  z
    .object({
      id: word,
      name: word,
      visibility: word,
      status: z.union([state, word.transform((text) => ({ state: text }))]),
      backupsConfiguration: z.object({ walArchiving: encryption, backup: encryption }).nullish(),
    })
    .transform(({ status, backupsConfiguration, ...database }) => ({
      ...database,
      state: status.state,
      ...(backupsConfiguration === undefined || backupsConfiguration === null
        ? {}
        : { backups: backupsOf(backupsConfiguration) }),
    })),
);

function backupsOf({
  walArchiving,
  backup,
}: {
  readonly walArchiving?: z.infer<typeof encryption>;
  readonly backup?: z.infer<typeof encryption>;
}): DatabaseBackups {
  return {
    ...(backup?.encryption === undefined ? {} : { encryption: backup.encryption }),
    ...(walArchiving?.encryption === undefined ? {} : { walEncryption: walArchiving.encryption }),
  };
}

export const loadBalancersAnswer = listOf<LoadBalancer>(
  z
    .object({
      name: word,
      type: word.optional(),
      securityGroups: z.array(word).default([]),
      listeners: z
        .array(
          z
            .object({ loadBalancerPort: z.number(), loadBalancerProtocol: word })
            .transform((found) => ({ port: found.loadBalancerPort, protocol: found.loadBalancerProtocol })),
        )
        .optional(),
    })
    .transform(({ type, listeners, ...balancer }) => ({
      ...balancer,
      ...(type === undefined ? {} : { type }),
      ...(listeners === undefined ? {} : { listeners }),
    })),
);

const securityRule = z
  .object({
    // Documented: all protocols where none is named.
    ipProtocol: word.default("-1"),
    fromPortRange: z.number().optional(),
    toPortRange: z.number().optional(),
    ipRanges: z.array(word).optional(),
    securityGroupsMembers: z.array(z.unknown()).optional(),
    serviceIds: z.array(z.unknown()).optional(),
  })
  // A rule that names nobody is none that anybody can judge.
  .refine(({ ipRanges, securityGroupsMembers, serviceIds }) => ipRanges ?? securityGroupsMembers ?? serviceIds)
  .transform(
    ({ ipProtocol, fromPortRange, toPortRange, ipRanges = [] }): SecurityRule => ({
      protocol: ipProtocol,
      ...(fromPortRange === undefined ? {} : { fromPort: fromPortRange }),
      ...(toPortRange === undefined ? {} : { toPort: toPortRange }),
      ipRanges,
    }),
  );

export const securityGroupsAnswer = listOf<SecurityGroup>(
  z
    .object({
      id: word,
      name: word,
      inboundRules: z.array(securityRule).optional(),
      outboundRules: z.array(securityRule).optional(),
    })
    .transform(({ inboundRules, outboundRules, ...group }) => ({
      ...group,
      ...(inboundRules === undefined ? {} : { inbound: inboundRules }),
      ...(outboundRules === undefined ? {} : { outbound: outboundRules }),
    })),
);

const numbers = z.array(z.number()).default([]);
const words = z.array(word).default([]);

const phase1 = z
  .object({
    ikeVersions: words,
    phase1DhGroupNumbers: numbers,
    phase1EncryptionAlgorithms: words,
    phase1IntegrityAlgorithms: words,
  })
  .transform((found): TunnelPhase & { readonly ikeVersions: readonly string[] } => ({
    ikeVersions: found.ikeVersions,
    groups: found.phase1DhGroupNumbers,
    encryption: found.phase1EncryptionAlgorithms,
    integrity: found.phase1IntegrityAlgorithms,
  }));

const phase2 = z
  .object({
    phase2DhGroupNumbers: numbers,
    phase2EncryptionAlgorithms: words,
    phase2IntegrityAlgorithms: words,
  })
  .transform(
    (found): TunnelPhase => ({
      groups: found.phase2DhGroupNumbers,
      encryption: found.phase2EncryptionAlgorithms,
      integrity: found.phase2IntegrityAlgorithms,
    }),
  );

export const vpnConnectionsAnswer = listOf<VpnConnection>(
  z
    .object({
      id: word,
      state: word,
      vpnOptions: z.object({ phase1Options: phase1.optional(), phase2Options: phase2.optional() }).optional(),
    })
    .transform(({ vpnOptions, ...connection }) => ({
      ...connection,
      ...(vpnOptions?.phase1Options === undefined ? {} : { phase1: vpnOptions.phase1Options }),
      ...(vpnOptions?.phase2Options === undefined ? {} : { phase2: vpnOptions.phase2Options }),
    })),
);

export const accountsAnswer = listOf<ProviderAccount>(
  z
    .object({ id: word, name: word, tokenDuration: word.nullish(), expirationDate: word.nullish() })
    .transform(({ id, name, tokenDuration, expirationDate }) => ({
      id,
      name,
      ...(tokenDuration === undefined || tokenDuration === null ? {} : { tokenDuration }),
      ...(expirationDate === undefined || expirationDate === null ? {} : { expirationDate }),
    })),
);
