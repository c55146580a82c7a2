import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { inDays, type Manifest, merged } from "./rule-row.ts";

const directory = join(import.meta.dirname, "../../../examples");

/** Every object of the examples, with the file that holds it. */
export const examples = readdirSync(directory)
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(directory, file), "utf8")).map((document) => {
      const object = document.toJS() as Manifest;
      const kind = object["kind"] as string;
      // At most 90 days from the day on which it is filed, which no file can know.
      return {
        file,
        kind,
        object: kind === "PolicyException" ? merged(object, { spec: { expiresAt: inDays(60) } }) : object,
      };
    }),
  );

/** Who read the proofs of the example region: admission accepts them from no one else. */
export const reader = "security@platform.example";
/** The tenant in whose home namespace the namespaced examples lie. */
export const exampleTenant = "minagri";
