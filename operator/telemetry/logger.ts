import pino from "pino";
import type { Logger } from "../runtime/reconciler.ts";

const hidden = "[redacted]";
const secretKey = /secret|password|token|credential|authorization|verifier/i;
/** Shorter values would hide ordinary words. */
const shortestSecret = 8;
/** Deeper than any object of ours; what lies below is not told. */
const deepest = 12;

/** Hides the secrets that it was told of, and every field whose name says secret, wherever they stand. */
export class Redactor {
  /** By their first characters: a text is searched once, however many secrets are known. The longest come first. */
  readonly #byStart = new Map<string, string[]>();

  register = (value: string): void => {
    if (this.#byStart.get(value.slice(0, shortestSecret))?.includes(value) === true) return;
    for (const form of formsOf(value)) {
      if (form.length < shortestSecret) continue;
      const start = form.slice(0, shortestSecret);
      const known = this.#byStart.get(start) ?? [];
      if (known.includes(form)) continue;
      this.#byStart.set(
        start,
        [...known, form].sort((left, right) => right.length - left.length),
      );
    }
  };

  /** For the log: fields that are named like a secret are hidden too. */
  clean(value: unknown): unknown {
    return this.#walk(value, secretKey, 0);
  }

  /** For statuses and events, which name Secrets by reference: the secrets themselves alone are hidden. */
  cleanTexts<T>(value: T): T {
    return this.#walk(value, undefined, 0) as T;
  }

  #walk(value: unknown, hiddenKeys: RegExp | undefined, depth: number): unknown {
    if (typeof value === "string") return this.#cleanText(value);
    if (value === null || typeof value !== "object") return value;
    if (depth > deepest) return hidden;
    if (Array.isArray(value)) return value.map((item) => this.#walk(item, hiddenKeys, depth + 1));
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      hiddenKeys?.test(key) === true ? hidden : this.#walk(item, hiddenKeys, depth + 1),
    ]);
    return Object.fromEntries(entries) as unknown;
  }

  #cleanText(text: string): string {
    let result = "";
    let copied = 0;
    for (let at = 0; at + shortestSecret <= text.length; ) {
      const found = this.#byStart.get(text.slice(at, at + shortestSecret))?.find((one) => text.startsWith(one, at));
      if (found === undefined) {
        at += 1;
        continue;
      }
      result += text.slice(copied, at) + hidden;
      at += found.length;
      copied = at;
    }
    return result + text.slice(copied);
  }
}

/** A secret as it is, and as it stands in JSON, in an address, and in a Secret of Kubernetes. */
function formsOf(value: string): ReadonlySet<string> {
  const inJson = JSON.stringify(value).slice(1, -1);
  return new Set([value, inJson, encodeURIComponent(value.toWellFormed()), Buffer.from(value).toString("base64")]);
}

/** Where lines go. @defaultValue standard error */
export interface LogDestination {
  write(line: string): void;
}

/** JSON lines, redacted. */
export function createLogger(
  level: string,
  redactor: Redactor,
  destination: LogDestination = pino.destination({ fd: 2, sync: true }),
): Logger {
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination), redactor);
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
