/**
 * The same rule as that of a check, in CEL, for the API server: objects that break it are refused before they are there. It reads one object and no clock,
 * and knows no exceptions, so only a check that nothing excuses has any.
 */
export interface AdmissionRule {
  readonly check: string;
  /** As the check reads it. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Of those that the check reads of the kind: which it is held to. */
  readonly fields: readonly string[];
  /** CEL: the rule concerns the object. All objects of the kind by default. */
  readonly concerns?: string;
  /** CEL: the object keeps the rule. */
  readonly keeps: string;
  /** One sentence with the remedy, without the object's name. */
  readonly message: string;
}
