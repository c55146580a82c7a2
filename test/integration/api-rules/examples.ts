import { inDays } from "../../support/days.ts";
import { examples as written } from "../../support/examples.ts";
import { merged } from "./rule-row.ts";

/** Every object of our kinds in the examples, with the file that holds it. */
export const examples = written.map(({ file, object }) => ({
  file,
  kind: object.kind,
  // At most 90 days from the day on which it is filed, which no file can know.
  object: object.kind === "PolicyException" ? merged({ ...object }, { spec: { expiresAt: inDays(60) } }) : object,
}));

/** Who read the proofs of the example regions: admission accepts them from no one else. */
export const reader = "security@platform.example";
/** The tenant in whose home namespace the namespaced examples lie. */
export const exampleTenant = "minagri";
