import type { Logger } from "../../operator/runtime/reconciler.ts";

/** For worlds of which nobody reads the log. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
