import { join } from "node:path";

/** Environment of programs of this checkout: what Node made of their sources once serves every later start, which spares each a second of CPU. */
export const compileCache: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, "..", "..", ".socle", "compile-cache"),
};
