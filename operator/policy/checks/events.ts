import type { Evaluation } from "../check.ts";
import type { Problem } from "../read.ts";
import { type SeenValue, textOf, Unknown } from "../seen.ts";
import { fileRead, judgedApart, lastSwitch, nextcloudCommands, statement, type Subject } from "./module-files.ts";

const logConnections = "spec.postgresql.parameters.log_connections";
const cluster: Subject = {
  read: {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    scope: "tenant",
    fields: [{ path: logConnections, whenAbsent: { default: "off" }, violations: ["off", "", "setup_durations"] }],
  },
  judge: (object) => connections(object.one(logConnections)),
};
const server: Subject = {
  read: fileRead("postgresql-config", [
    { path: "data[postgresql.conf]", whenAbsent: "error", violations: ["log_connections = 'off'\n"] },
  ]),
  judge: (config) => {
    const file = config.one("data[postgresql.conf]");
    return connections({ ...file, value: statement(file, /^log_connections = '(.*)'$/gm, "log_connections") });
  },
};

/** https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-CONNECTIONS: a switch, or since 18 a list of what is written down. */
function connections(seen: SeenValue): readonly Problem[] {
  const { field, value } = textOf(seen);
  const words = value.toLowerCase().split(/ *, */);
  if (words.some((word) => ["on", "true", "yes", "1", "all", "authentication", "authorization"].includes(word)))
    return [];
  const message = "The server does not write down who connects; set log_connections to on.";
  return [{ field, observed: value, message }];
}

const files: Subject = {
  read: fileRead("nextcloud-config", [
    {
      path: nextcloudCommands,
      whenAbsent: "error",
      violations: [
        [],
        [
          ["app:enable", "admin_audit"],
          ["app:disable", "admin_audit"],
        ],
      ],
    },
  ]),
  // https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/logging_configuration.html#admin-audit-log
  judge: (config) => {
    if (lastSwitch(config, "admin_audit") === "app:enable") return [];
    const message = "Nextcloud does not write down who reads and changes files; enable app admin_audit.";
    return [{ field: nextcloudCommands, observed: "not enabled", message }];
  },
};

const requests = "synapse.access.http";
const homeserver: Subject = {
  read: fileRead("synapse-config", [
    { path: "data[log.yaml]|root.level", whenAbsent: { default: "WARNING" }, violations: ["WARNING", "ERROR"] },
    { path: "data[log.yaml]|root.handlers", whenAbsent: { default: [] }, violations: [[]] },
    {
      path: "data[log.yaml]|loggers",
      whenAbsent: { default: {} },
      violations: [{ synapse: { level: "WARNING" } }, { "synapse.access.http.8008": { level: "ERROR" } }],
    },
  ]),
  // https://docs.python.org/3/library/logging.config.html: requests are written at INFO by loggers below synapse.access.http.
  judge: (config) => {
    const handlers = config.one("data[log.yaml]|root.handlers");
    const none: Problem = {
      field: handlers.field,
      observed: "none",
      message: "What is logged goes nowhere; name a handler.",
    };
    const isWritten =
      Array.isArray(handlers.value) && handlers.value.some((one: unknown) => typeof one === "string" && one !== "");
    return [
      ...(isWritten ? [] : [none]),
      ...level(config.one("data[log.yaml]|root.level")),
      ...ofRequests(config.one("data[log.yaml]|loggers")).flatMap(level),
    ];
  },
};

/** Levels that loggers set for themselves: those of requests, and those that they take theirs from. */
function ofRequests({ field, value }: SeenValue): readonly SeenValue[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unknown(field, `${field} names no loggers.`);
  return Object.entries(value).flatMap(([name, logger]: [string, unknown]) => {
    if (typeof logger !== "object" || logger === null || Array.isArray(logger))
      throw new Unknown(field, `${field} has a logger that says nothing.`);
    const isOfRequests = `${requests}.`.startsWith(`${name}.`) || name.startsWith(`${requests}.`);
    const own = (logger as { readonly level?: unknown }).level;
    return isOfRequests && own !== undefined ? [{ field: `${field}[${name}].level`, value: own }] : [];
  });
}

function level(seen: SeenValue): readonly Problem[] {
  const { field, value } = textOf(seen);
  if (["DEBUG", "INFO"].includes(value.toUpperCase())) return [];
  const message = "Requests are not written down at this level; set it to INFO.";
  return [{ field, observed: value, message }];
}

/**
 * 12-14. What realms write down, and the audit of the API server, are no objects of Kubernetes: the operator sets the former on each realm and says in
 * DriftFree whether it holds.
 */
export const events: Evaluation = judgedApart([cluster, server, files, homeserver]);
