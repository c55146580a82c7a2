import type { Evaluation } from "../check.ts";
import type { FieldRead, Problem } from "../read.ts";
import type { SeenValue } from "../seen.ts";
import { fileRead, judgedApart, lastSwitch, nextcloudCommands, statement, type Subject } from "./module-files.ts";

/** A setting that has to be off, and what it is where nobody sets it. */
const off = (path: string, whenAbsent: FieldRead["whenAbsent"], ...violations: unknown[]): FieldRead => ({
  path,
  whenAbsent,
  violations,
});
const allOff =
  (fields: readonly FieldRead[], message: string): Subject["judge"] =>
  (config) =>
    fields.flatMap(({ path }): Problem[] => {
      const { field, value } = config.one(path);
      return value === false ? [] : [{ field, observed: value === true ? "true" : "set", message }];
    });

/** https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#metrics; `sentry` and the statistics go to their makers. */
const homeserver = [
  off("data[homeserver.yaml]|report_stats", "fail", true, "false"),
  off("data[homeserver.yaml]|sentry", { default: false }, { dsn: "https://key@errors.example/1" }),
];
/** https://github.com/element-hq/element-web/blob/develop/docs/config.md#analytics: each is off where it is not set. */
const webClient = [
  off("data[config.json]|posthog", { default: false }, { project_api_key: "key", api_host: "https://hog.example" }),
  off("data[config.json]|bug_report_endpoint_url", { default: false }, "https://bugs.example/submit"),
  off("data[config.json]|sentry", { default: false }, { dsn: "https://key@errors.example/1" }),
];
/** https://www.openproject.org/docs/installation-and-operations/configuration/: the badge is a picture from the maker's server that is told the version. */
const projects = [
  off("data[configuration.yml]|default.security_badge_displayed", { default: true }, true),
  off("data[configuration.yml]|default.plugin_openproject_avatars.enable_gravatars", { default: true }, true),
];

const filesTell = ["survey_client", "updatenotification"];
const files: Subject = {
  read: fileRead("nextcloud-config", [
    off(
      nextcloudCommands,
      "error",
      [],
      [
        ["app:disable", "updatenotification"],
        ["app:disable", "survey_client"],
        ["app:enable", "survey_client"],
      ],
    ),
    off(
      "data[serving.config.php]",
      "error",
      "$CONFIG = [\n  'has_internet_connection' => true,\n  'updatechecker' => false,\n];",
      "$CONFIG = [\n  'has_internet_connection' => false,\n  'updatechecker' => true,\n];",
    ),
  ]),
  // https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/config_sample_php_parameters.html
  judge: (config) => [
    ...filesTell
      .filter((app) => lastSwitch(config, app) !== "app:disable")
      .map((app) => {
        const message = `App ${app} tells its makers about the server; disable it.`;
        return { field: nextcloudCommands, observed: "not disabled", message };
      }),
    ...["has_internet_connection", "updatechecker"].flatMap((name) =>
      phpIsFalse(config.one("data[serving.config.php]"), name),
    ),
  ],
};

function phpIsFalse(file: SeenValue, name: string): readonly Problem[] {
  const value = statement(file, new RegExp(`^ {2}'${name}' => (.*),$`, "gm"), name);
  const message = `${name} lets the server call its makers; set it to false.`;
  return value === "false" ? [] : [{ field: file.field, observed: name, message }];
}

const conferencesTell: Readonly<Record<string, string>> = {
  disableThirdPartyRequests: "true",
  analytics: '{"disabled":true}',
  gravatar: '{"disabled":true}',
};
const conferencesFile = (changed: string, value: string): string =>
  Object.entries({ ...conferencesTell, [changed]: value })
    .map(([name, text]) => `config["${name}"] = ${text};\n`)
    .join("");
const conferences: Subject = {
  read: fileRead("jitsi-web-settings", [
    off(
      "data[custom-config.js]",
      "error",
      conferencesFile("disableThirdPartyRequests", "false"),
      conferencesFile("analytics", '{"scriptURLs":["https://count.example/x.js"]}'),
      conferencesFile("gravatar", "{}"),
    ),
  ]),
  // https://jitsi.github.io/handbook/docs/dev-guide/dev-guide-configuration/#disablethirdpartyrequests
  judge: (config) => {
    const file = config.one("data[custom-config.js]");
    return Object.entries(conferencesTell).flatMap(([name, wanted]): Problem[] => {
      const value = statement(file, new RegExp(`^config\\["${name}"\\] = (.*);$`, "gm"), name);
      const message = `${name} lets browsers call third parties; set it to ${wanted}.`;
      return value === wanted ? [] : [{ field: file.field, observed: name, message }];
    });
  },
};

const officeTells: Readonly<Record<string, string>> = {
  allow_update_popup: "false",
  fetch_update_check: "0",
  "feedback.show": "false",
};
const options = (changed: string, value: string): string[] =>
  Object.entries({ ...officeTells, [changed]: value }).map(([name, text]) => `--o:${name}=${text}`);
const office: Subject = {
  read: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    scope: "tenant",
    named: ["collabora"],
    fields: [
      off(
        "spec.template.spec.containers[].args",
        "fail",
        [],
        options("allow_update_popup", "true"),
        options("fetch_update_check", "10"),
        [...options("feedback.show", "false"), "--o:feedback.show=true"],
      ),
    ],
  },
  // https://sdk.collaboraonline.com/docs/installation/Configuration.html
  judge: (deployment) =>
    deployment.each("spec.template.spec.containers[].args").flatMap(({ field, value }) =>
      Object.entries(officeTells).flatMap(([name, wanted]): Problem[] => {
        const set = (Array.isArray(value) ? value : []).map(String).filter((word) => word.startsWith(`--o:${name}=`));
        if (set.length > 0 && set.every((word) => word === `--o:${name}=${wanted}`)) return [];
        const message = `${name} lets the office call its makers; give --o:${name}=${wanted}, and no other value.`;
        return [{ field, observed: set.at(-1) ?? "not set", message }];
      }),
    ),
};

/** 12-36. What a realm does is no object of Kubernetes: Keycloak itself is not judged here. */
export const telemetry: Evaluation = judgedApart([
  {
    read: fileRead("synapse-config", homeserver),
    judge: allOff(homeserver, "The homeserver would tell third parties about itself; switch it off."),
  },
  {
    read: fileRead("web-client-config", webClient),
    judge: allOff(webClient, "The client would tell third parties about people; leave it out."),
  },
  {
    read: fileRead("openproject-config", projects),
    judge: allOff(projects, "Browsers would fetch pictures from third parties; set it to false."),
  },
  files,
  conferences,
  office,
]);
