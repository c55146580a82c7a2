import { readConfig } from "../../operator/config.ts";
import type { KubeApi } from "../../operator/kube/kube-api.ts";
import { type ConnectSystems, operate } from "../../operator/operator.ts";
import { createLogger, Redactor } from "../../operator/telemetry/logger.ts";
import { Metrics } from "../../operator/telemetry/metrics.ts";
import type { InMemoryWorld } from "./in-memory-world.ts";

/** What a process of the operator says. */
export interface Spoken {
  readonly metrics: Metrics;
  readonly redactor: Redactor;
  /** Of its log. */
  readonly lines: readonly string[];
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number>;
}

/** The operator as its process composes it, with its own log and metrics, over a cluster in memory. */
export function startInMemory(kube: KubeApi, connect: ConnectSystems): Spoken {
  const read = readConfig({
    SOCLE_HEALTH_ADDRESS: "127.0.0.1:0",
    SOCLE_LEADER_ELECTION: "false",
    SOCLE_LOG_LEVEL: "debug",
  });
  if (!read.ok) throw new Error(read.problems.join(" "));
  const [metrics, redactor, lines] = [new Metrics(), new Redactor(), [] as string[]];
  const log = createLogger(read.config.logLevel, redactor, { write: (line) => void lines.push(line) });
  const stop = new AbortController();
  const world = { connect, config: read.config, kube, log, metrics, redactor };
  const ended = operate({ ...world, installation: "installation", leader: undefined }, stop);
  return {
    metrics,
    redactor,
    lines,
    stop: async () => {
      stop.abort();
      return await ended;
    },
  };
}

/** The servers of a world, as they are. */
export function systemsOf(world: InMemoryWorld): ConnectSystems {
  return {
    connectPostgres: (server) => world.postgres.connect(server),
    connectKeycloak: () => world.keycloak,
    connectObjectStore: (server) => world.objectStore.connect(server),
    connectOpenXchange: (server) => world.appSuite.connect(server),
    connectNumSpot: () => world.numSpot,
    openWeb: () => ({ get: (url) => Promise.resolve(world.web(url)), close: () => Promise.resolve() }),
  };
}
