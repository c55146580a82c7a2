import pino from "pino";
import type { Logger } from "../runtime/reconciler.ts";

const hidden = "[redacted]";
const secretKey = /secret|password|token|credential|authorization|verifier/i;
/** Shorter values would hide ordinary words. */
const shortestSecret = 8;

/** Hides the secrets that it was told of, and every field whose name says secret, wherever they stand. */
export class Redactor {
  readonly #values = new Set<string>();

  register = (value: string): void => {
    if (value.length >= shortestSecret) this.#values.add(value);
  };

  clean(value: unknown, depth = 0): unknown {
    if (typeof value === "string") return this.#cleanText(value);
    if (value === null || typeof value !== "object" || depth > 6) return value;
    if (Array.isArray(value)) return value.map((item) => this.clean(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, secretKey.test(key) ? hidden : this.clean(item, depth + 1)]),
    );
  }

  #cleanText(text: string): string {
    let result = text;
    for (const value of this.#values) result = result.replaceAll(value, hidden);
    return result;
  }
}

/** JSON lines on standard error, redacted. */
export function createLogger(level: string, redactor: Redactor): Logger {
  return wrap(
    pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true })),
    redactor,
  );
}

function wrap(logger: pino.Logger, redactor: Redactor): Logger {
  const at =
    (level: "debug" | "info" | "warn" | "error") => (fields: Readonly<Record<string, unknown>>, message: string) => {
      if (logger.isLevelEnabled(level)) logger[level](redactor.clean(fields) as object, message);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap(logger.child(redactor.clean(fields) as pino.Bindings), redactor),
  };
}
