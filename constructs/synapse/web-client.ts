import { Construct } from "constructs";
import { healthLocation, nginxFiles, NginxSite, securityHeaders } from "../nginx/nginx-site.ts";
import { type WebClientInput, webClientName } from "./synapse-input.ts";

/** Element Web: files for browsers, and what they are told. It asks nobody and keeps nothing. */
export class WebClient extends Construct {
  constructor(scope: Construct, id: string, { configuration, homeserver, ...input }: WebClientInput) {
    super(scope, id);
    new NginxSite(this, "site", {
      ...input,
      name: webClientName,
      component: webClientName,
      files: { "config.json": configuration },
      server: [
        "root /app;",
        ...securityHeaders(policy(homeserver)),
        healthLocation,
        `location ~ ^/config\\..*json$ { alias ${nginxFiles}/config.json; }`,
        "location / { try_files $uri $uri/ =404; }",
      ],
    });
  }
}

/**
 * Pages of others may not show this one in a frame; `connect-src` is what the client may talk to, and no other host is in it.
 */
function policy(homeserver: string): readonly string[] {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self' blob:",
    `img-src 'self' blob: data: ${homeserver}`,
    `media-src 'self' blob: ${homeserver}`,
    `connect-src 'self' ${homeserver}`,
    "frame-src 'self' blob:",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'self'",
  ];
}
