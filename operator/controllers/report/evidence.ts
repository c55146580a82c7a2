import { refOf } from "../../../constructs/manifest.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { KubeApi, KubeObject } from "../../kube/kube-api.ts";
import type { EvidenceKeeper } from "../../policy/evidence/keeper.ts";
import type { Head } from "../../policy/evidence/record.ts";
import type { EvidenceSink } from "../../policy/evidence/sink.ts";
import type { Report } from "../../policy/reports.ts";
import type { Result } from "../../policy/result.ts";
import { ConflictError } from "../../runtime/errors.ts";
import type { ReconcileContext } from "../../runtime/reconciler.ts";
import { keepEvidence } from "../../systems/evidence.ts";
import type { WrittenReport } from "./written-report.ts";

export interface EvidencePorts {
  readonly kube: Pick<KubeApi, "get">;
  readonly keeper: EvidenceKeeper;
  /** Where the evidence of a region goes. */
  readonly sinkOf: (region: SovereignRegion | undefined, context: ReconcileContext) => EvidenceSink;
  /** Told whether the evidence of a region could be kept. */
  readonly onKept: (region: string, kept: boolean) => void;
}

export interface ResultsNow {
  readonly scope: string;
  readonly region: SovereignRegion | undefined;
  readonly results: readonly Result[];
  /** Reports of the scope as they were last written. */
  readonly before: readonly WrittenReport[];
  /** RFC 3339. */
  readonly now: string;
}

/** Keeps what changed, before the reports tell of it. What an earlier process said stands in the reports alone, and is read from there once. */
export class Evidence {
  readonly #ports: EvidencePorts;
  constructor(ports: EvidencePorts) {
    this.#ports = ports;
  }

  async keep(
    { scope, region, results, before, now }: ResultsNow,
    context: ReconcileContext,
  ): Promise<Head | undefined> {
    const { kube, keeper, sinkOf, onKept } = this.#ports;
    const live = keeper.knows(scope) ? [] : await Promise.all(before.map((one) => kube.get<KubeObject>(refOf(one))));
    const reports = live.flatMap((one) => (one === undefined ? [] : [one as unknown as Report]));
    const tell = (kept: boolean): void => {
      if (region !== undefined && !context.signal.aborted) onKept(region.metadata.name, kept);
    };
    try {
      const look = { scope, statements: results, reports, now };
      const head = await keepEvidence(look, { keeper, sink: sinkOf(region, context) });
      tell(true);
      return head;
    } catch (error) {
      // Another operator was faster: the next look goes on from what that one kept.
      if (!(error instanceof ConflictError)) tell(false);
      throw error;
    }
  }

  forget(scope: string): void {
    this.#ports.keeper.forget(scope);
  }
}
