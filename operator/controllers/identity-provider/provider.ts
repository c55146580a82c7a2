import type { TenantIdentityProvider } from "../../../crds/v1alpha1/tenant-identity-provider.ts";
import { type DiscoveredProvider, discovered } from "../../identity/discovery.ts";
import { proConnectDiscovery } from "../../identity/proconnect.ts";
import { TerminalError, TransientError } from "../../runtime/errors.ts";
import type { ProviderAnswer, ProviderWay, ProviderWeb } from "../../systems/provider-web.ts";

interface Asking {
  readonly web: ProviderWeb;
  readonly way: ProviderWay;
  readonly signal: AbortSignal;
}

/** What the OpenID provider of a spec says of itself. Errors: as `ProviderWeb`, and TerminalError (InvalidSpec) for what is no such provider. */
export async function readOpenIdProvider(
  { proConnect, oidc }: TenantIdentityProvider["spec"],
  asking: Asking,
): Promise<DiscoveredProvider> {
  const url =
    proConnect === undefined
      ? `${(oidc?.issuer ?? "").replace(/\/$/, "")}/.well-known/openid-configuration`
      : proConnectDiscovery(proConnect.environment, proConnect.discoveryURL);
  const found = discovered(await documentAt(url, asking), {
    url,
    ...(oidc === undefined ? {} : { issuer: oidc.issuer }),
    signedUserInfo: proConnect !== undefined || oidc?.userInfo === "SignedJWT",
    reach: asking.way.reach,
  });
  if (!found.ok) throw new TerminalError("InvalidSpec", `${found.problem}.`);
  return found.provider;
}

/** A document of a provider. What is there, but is none, is the address's fault; what is broken will be mended. */
export async function documentAt(url: string, { web, way, signal }: Asking): Promise<string> {
  const answer: ProviderAnswer = await web.get(url, way, signal);
  const { status, text } = answer;
  if (status === 200) return text;
  if (status >= 500 || status === 429)
    throw new TransientError("DependencyUnavailable", `${url} answered ${status}; it is asked again.`);
  const leads = status >= 300 && status < 400 ? "; redirects are not followed, so give the address itself" : "";
  throw new TerminalError("InvalidSpec", `${url} answered ${status}, not the document of a provider${leads}.`);
}
