import type { Annexes, AuditReport } from "../audit-report.ts";
import type { StoreReport } from "../location.ts";
import { objectText } from "../subject.ts";
import type { Section, Wording } from "../wording.ts";
import { dateText } from "../words.ts";
import { type Content, element } from "../../html/element.ts";
import { factsOf, listOf, tableOf } from "./table.ts";

/** The annexes of a report, in their order; one of changes has that of exceptions alone. */
export function annexContents(report: AuditReport, say: Wording): readonly (readonly [Section, Content])[] {
  const { annexes } = report;
  const withHistory = [["exceptions", exceptions(report, say)]] as const;
  if (annexes === undefined) return withHistory;
  return [
    ["flows", flows(annexes, say)],
    ["accessByResource", accessByResource(annexes, say)],
    ["accessByPerson", accessByPerson(annexes, say)],
    ...withHistory,
    ["location", location(annexes, say)],
    ["inventory", inventory(annexes, say)],
  ];
}

const code = (text: string): Content => element("code", {}, text);

function exceptions({ exceptions: all }: AuditReport, say: Wording): Content {
  const { labels } = say;
  if (all.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-exceptions",
    caption: say.sections.exceptions,
    heads: [
      labels.name,
      labels.check,
      labels.target,
      labels.state,
      labels.justification,
      labels.measures,
      labels.risk,
      labels.requestedBy,
      labels.approvedBy,
      labels.expiresAt,
      labels.excuses,
    ],
    rows: all.map(({ namespace, name, check, target, state, justification, ...more }) => [
      code(`${namespace}/${name}`),
      check,
      [target.module, target.kind ?? say.everyObject, target.name].filter((one) => one !== undefined).join(", "),
      say.exceptions[state],
      justification,
      listOf(more.compensatingMeasures),
      say.risks[more.risk] ?? more.risk,
      more.requestedBy,
      more.approvedBy ?? "–",
      dateText(more.expiresAt, say),
      more.excuses.length === 0 ? "–" : listOf(more.excuses.map((object) => code(objectText(object)))),
    ]),
  });
}

function flows({ flows: matrix }: Annexes, say: Wording): Content {
  const { labels } = say;
  const left = matrix.leftOut.length === 0 ? [] : [element("h3", {}, labels.leftOut), sentences(matrix.leftOut)];
  if (matrix.problems.length > 0) return [element("p", {}, say.unknown), sentences(matrix.problems), left];
  if (matrix.flows.length === 0) return [element("p", {}, say.none), left];
  return [
    tableOf({
      id: "table-flows",
      caption: say.sections.flows,
      heads: [labels.from, labels.to, labels.ports],
      rows: matrix.flows.map(({ from, to, ports }) => [
        code(from),
        code(to),
        ports === "all ports" ? say.allPorts : ports,
      ]),
    }),
    left,
  ];
}

/** What the program says of objects is English. */
function sentences(texts: readonly string[]): Content {
  return element(
    "ul",
    { lang: "en" },
    texts.map((text) => element("li", {}, text)),
  );
}

function accessByResource({ access }: Annexes, say: Wording): Content {
  const { labels } = say;
  const unknown =
    access.unknownRoles.length === 0
      ? []
      : [element("h3", {}, labels.unknownRoles), element("p", {}, code(access.unknownRoles.join(", ")))];
  const malformed =
    access.malformed.length === 0
      ? []
      : [element("h3", {}, labels.malformed), element("p", {}, code(access.malformed.join(", ")))];
  if (access.byResource.length === 0) return [element("p", {}, say.none), unknown, malformed];
  return [
    tableOf({
      id: "table-resources",
      caption: say.sections.accessByResource,
      heads: [labels.resource, labels.where, labels.who],
      rows: access.byResource.map(({ resource, where, holders }) => [
        code(resource),
        whereText(where, say),
        listOf(holders.map(({ who, verbs, by }) => [code(who), ` : ${verbs.join(", ")} (${by})`])),
      ]),
    }),
    unknown,
    malformed,
  ];
}

function accessByPerson({ access }: Annexes, say: Wording): Content {
  const { labels } = say;
  if (access.byPerson.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-people",
    caption: say.sections.accessByPerson,
    heads: [labels.who, labels.role, labels.where, labels.by],
    rows: access.byPerson.map(({ who, role, where, by }) => [code(who), code(role), whereText(where, say), code(by)]),
  });
}

function whereText(where: string, say: Wording): Content {
  return where === "*" ? say.wholeCluster : code(where);
}

function location({ location: told }: Annexes, say: Wording): Content {
  if (told === undefined) return element("p", {}, say.unknown);
  const { labels } = say;
  return [
    factsOf([
      [labels.provider, told.provider],
      [labels.region, told.regionCode],
      [labels.country, told.country],
      [labels.zones, told.zones.join(", ")],
      ...(told.allowedCountries === undefined
        ? []
        : [[labels.allowedCountries, told.allowedCountries.join(", ")] as const]),
      ...(told.unread.length === 0 ? [] : [[labels.storesUnread, told.unread.join(", ")] as const]),
    ]),
    tableOf({
      id: "table-location",
      caption: say.sections.location,
      heads: [labels.name, labels.what, labels.details],
      rows: told.places.map(({ what, name, details }) => [code(name), say.places[what], details.join(", ")]),
    }),
    stores(told.stores, say),
  ];
}

function stores(all: readonly StoreReport[], say: Wording): Content {
  if (all.length === 0) return element("p", {}, say.none);
  const { labels } = say;
  return tableOf({
    id: "table-stores",
    caption: `${say.sections.location} – ${labels.store}`,
    heads: [
      labels.store,
      labels.what,
      labels.tenant,
      labels.module,
      labels.country,
      labels.region,
      labels.zones,
      labels.proof,
      labels.toldBy,
    ],
    rows: all.map((store) => [
      code(store.namespace === undefined ? store.name : `${store.namespace}/${store.name}`),
      say.stores[store.kind],
      store.tenant,
      store.module === "" ? "–" : store.module,
      store.country ?? say.unknown,
      store.region ?? "–",
      store.zones.length === 0 ? "–" : store.zones.join(", "),
      [code(store.proof), ` – ${say.placeProofs[store.proof]}`],
      listOf([code(`${objectText(store.from.object)} ${store.from.field}`), ...answers(store, say)]),
    ]),
  });
}

/** What is missing, or who answers for what nobody but the region says. */
function answers({ proof, missing, vouchedBy }: StoreReport, say: Wording): readonly Content[] {
  if (missing !== undefined) return [element("span", { lang: "en" }, missing)];
  if (proof !== "Declared") return [];
  return [
    vouchedBy === undefined ? say.vouchedByNobody : say.vouchedBy(vouchedBy.name, dateText(vouchedBy.until, say)),
  ];
}

function inventory({ inventory: assets }: Annexes, say: Wording): Content {
  const { labels } = say;
  if (assets.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-inventory",
    caption: say.sections.inventory,
    heads: [labels.object, labels.createdAt, labels.details],
    rows: assets.map(({ object, createdAt, details }) => [
      code(objectText(object)),
      createdAt === undefined ? say.unknown : dateText(createdAt, say),
      listOf(details.map(code)),
    ]),
  });
}
