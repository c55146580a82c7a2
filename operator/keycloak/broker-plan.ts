import { createHash } from "node:crypto";
import { appliedAttribute } from "./applied.ts";
import { type BrokerDesired, type BrokerFlow, brokerPrefix } from "./broker-desired.ts";
import { flowPlan, type FlowPlan } from "./flows.ts";
import type { ObservedRealm, RealmChange, Representation } from "./keycloak-api.ts";
import { canonicalText, differences, masked } from "./normalise.ts";
import { markerAttribute } from "./plan.ts";
import { profileChanges } from "./profile-plan.ts";

export type BrokerPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned" | "InvalidSpec"; readonly message: string }
  | {
      readonly kind: "plan";
      readonly changes: readonly RealmChange[];
      /** Fields that somebody else changed. A new wish of ours is no drift. */
      readonly drift: readonly string[];
    };

export interface BrokerPlanInput {
  readonly desired: BrokerDesired;
  readonly observed: ObservedRealm;
  /** The secret of today, read only where `secretIsDue` says so. */
  readonly secret: string | undefined;
}

/** Which state of the Secret was written last. */
const secretVersionKey = "socle.dev/secret-version";
const instances = "/identity-provider/instances";

interface LiveBroker extends Representation {
  readonly alias: string;
  readonly providerId: string;
  readonly config?: Readonly<Record<string, string>>;
}

interface LiveMapper extends Representation {
  readonly id: string;
  readonly name: string;
  readonly identityProviderAlias: string;
}

/** Does the secret have to be written, and so to be read? Pure. */
export function secretIsDue({ desired, observed }: Omit<BrokerPlanInput, "secret">): boolean {
  if (desired.secretVersion === undefined) return false;
  return liveBroker(desired, observed)?.config?.[secretVersionKey] !== desired.secretVersion;
}

/**
 * What makes the realm trust the provider as desired, and in no other way. The gate is shut, and flows stand, before the provider uses them and go after it no longer
 * does; what maps attributes comes last, and the provider is asked for by nobody who is not told of it before.
 */
export function brokerPlan(input: BrokerPlanInput): BrokerPlan {
  const { desired, observed } = input;
  const live = liveBroker(desired, observed);
  const refusal = live === undefined ? undefined : refusalOf(desired, live);
  if (refusal !== undefined) return refusal;
  const flows = desired.flows.map((flow) => flowOf(flow, live, observed));
  const bindings = Object.fromEntries(flows.map(({ flow, plan }) => [flow.binding, plan.alias]));
  const provider = providerChanges(input, { live, bindings });
  const changes = [
    ...gateChanges(desired, observed),
    ...flows.flatMap(({ plan }) => plan.before),
    ...provider,
    ...mapperChanges(desired, observed),
    ...flows.flatMap(({ plan }) => plan.after),
  ];
  const isNew = live?.config?.[appliedAttribute] !== digestOf(desired) || secretIsDue(input);
  return { kind: "plan", changes, drift: isNew ? [] : changes.flatMap(({ fields }) => fields) };
}

/** What shuts the way in and keeps who is who: links between accounts and people of the provider would be lost with it. Pure. */
export function endBrokerPlan({ desired, observed }: Omit<BrokerPlanInput, "secret">): RealmChange[] {
  const live = liveBroker(desired, observed);
  if (live?.config?.[markerAttribute] !== desired.marker || live["enabled"] !== true) return [];
  const { clientSecret: _secret, [secretVersionKey]: _version, ...config } = live.config;
  const body = { ...live, enabled: false, config };
  return [update(desired, { body, fields: ["enabled"], why: "the provider is no longer asked for" })];
}

function liveBroker({ alias }: BrokerDesired, { representation }: ObservedRealm): LiveBroker | undefined {
  const all = (representation["identityProviders"] ?? []) as readonly LiveBroker[];
  return all.find((found) => found.alias === alias);
}

function refusalOf(desired: BrokerDesired, live: LiveBroker): BrokerPlan | undefined {
  const where = `Identity provider ${desired.alias} of realm ${desired.realm}`;
  const found = live.config?.[markerAttribute];
  if (found !== desired.marker) {
    const whose = found === undefined ? "carries no mark of Socle" : "is marked as somebody else's";
    return {
      kind: "refused",
      reason: "NotOwned",
      message: `${where} exists and ${whose}; remove it, or choose another alias.`,
    };
  }
  if (live.providerId === desired.providerId) return undefined;
  return {
    kind: "refused",
    reason: "InvalidSpec",
    message: `${where} was made for protocol ${live.providerId}, and accounts are linked to it; choose another alias for ${desired.providerId}.`,
  };
}

function flowOf(
  flow: BrokerFlow,
  live: LiveBroker | undefined,
  observed: ObservedRealm,
): { readonly flow: BrokerFlow; readonly plan: FlowPlan } {
  return { flow, plan: flowPlan(flow, { bound: live?.[flow.binding], representation: observed.representation }) };
}

function gateChanges({ gate }: BrokerDesired, observed: ObservedRealm): RealmChange[] {
  if (gate === undefined) return [];
  const live = (observed.representation["localizationTexts"] ?? {}) as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >;
  const texts = Object.entries(gate.texts).flatMap(([language, wanted]): RealmChange[] => {
    const fields = differences(wanted, live[language] ?? {}, `texts.${language}`);
    if (fields.length === 0) return [];
    // Added to those that are there.
    const change = { path: `/localization/${language}`, body: wanted, fields, why: "words of a page differ" };
    return [{ kind: "sub-resource", method: "POST", ...change }];
  });
  return [...profileChanges({ attributes: gate.attributes }, observed), ...texts];
}

/** Everything but the secret, which must leave no trace. */
function digestOf({ fields, config, mappers, flows, gate }: BrokerDesired): string {
  const wish = { fields, config, mappers, flows, ...(gate === undefined ? {} : { gate }) };
  return createHash("sha256").update(canonicalText(wish)).digest("hex").slice(0, 12);
}

function wantedConfig(desired: BrokerDesired): Readonly<Record<string, string>> {
  const version = desired.secretVersion;
  return {
    ...desired.config,
    [markerAttribute]: desired.marker,
    [appliedAttribute]: digestOf(desired),
    ...(version === undefined ? {} : { [secretVersionKey]: version }),
  };
}

function providerChanges(
  input: BrokerPlanInput,
  at: { readonly live: LiveBroker | undefined; readonly bindings: Readonly<Record<string, string>> },
): RealmChange[] {
  const { desired, secret } = input;
  const { live, bindings } = at;
  const wanted = { ...desired.fields, ...bindings };
  const config = wantedConfig(desired);
  const path = `identityProviders.${desired.alias}`;
  const written = secretIsDue(input) ? { clientSecret: secret ?? "" } : {};
  if (live === undefined) {
    const body = {
      ...wanted,
      alias: desired.alias,
      providerId: desired.providerId,
      config: { ...config, ...written },
    };
    const why = "the provider is missing";
    return [{ kind: "sub-resource", method: "POST", path: instances, body, fields: [path], why }];
  }
  const fields = [...differences(wanted, live, path), ...differences(config, live.config ?? {}, `${path}.config`)];
  if (fields.length === 0) return [];
  // A mask in place of the secret keeps it. Keys that others set stay; those that we no longer set have no way back and are harmless by themselves.
  const kept = live.config?.["clientSecret"] === undefined ? {} : { clientSecret: masked };
  const body = { ...live, ...wanted, config: { ...live.config, ...config, ...kept, ...written } };
  return [update(desired, { body, fields, why: "the provider differs" })];
}

function update({ alias }: BrokerDesired, change: Pick<RealmChange, "body" | "fields" | "why">): RealmChange {
  return { kind: "sub-resource", method: "PUT", path: `${instances}/${encodeURIComponent(alias)}`, ...change };
}

function mapperChanges(desired: BrokerDesired, { representation }: ObservedRealm): RealmChange[] {
  const { alias, mappers } = desired;
  const all = (representation["identityProviderMappers"] ?? []) as readonly LiveMapper[];
  const live = all.filter((found) => found.identityProviderAlias === alias);
  const path = `${instances}/${encodeURIComponent(alias)}/mappers`;
  const wanted = mappers.flatMap((mapper): RealmChange[] => {
    const found = live.find(({ name }) => name === mapper.name);
    const where = `identityProviders.${alias}.mappers.${mapper.name}`;
    const body = { ...mapper, identityProviderAlias: alias };
    if (found === undefined)
      return [{ kind: "sub-resource", method: "POST", path, body, fields: [where], why: "a mapper is missing" }];
    const fields = differences(mapper, found, where);
    if (fields.length === 0) return [];
    const change = { body: { ...body, id: found.id }, fields, why: "a mapper differs" };
    return [{ kind: "sub-resource", method: "PUT", path: `${path}/${found.id}`, ...change }];
  });
  const obsolete = live
    .filter(({ name }) => name.startsWith(brokerPrefix) && !mappers.some((mapper) => mapper.name === name))
    .map(({ id, name }): RealmChange => {
      const fields = [`identityProviders.${alias}.mappers.${name}`];
      return { kind: "sub-resource", method: "DELETE", path: `${path}/${id}`, fields, why: "a mapper is obsolete" };
    });
  return [...wanted, ...obsolete];
}
