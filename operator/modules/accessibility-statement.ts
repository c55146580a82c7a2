import { type Content, element, markup } from "../html/element.ts";

/** What a statement of accessibility tells of the service that it is about. */
export interface AccessibilityStatement {
  /** What people call the service, in French. */
  readonly service: string;
  /** Who offers it; absent where many organisations share it. */
  readonly organisation?: string;
  /** Under which it is published. */
  readonly hosts: readonly string[];
  /** Address that the organisation publishes. */
  readonly contact?: string;
  /** When the service was made, in RFC 3339; absent before it is. */
  readonly openedAt?: string;
}

/** Day on which the words below were written. Another text, or another state, is another statement: then it moves. */
const writtenOn = "2026-11-27";

/**
 * The statement that law 2005-102 (article 47) and decree 2019-768 ask each online service of a public body for, as a page that loads nothing and runs
 * nothing. Nobody has audited the service, and the decree calls a service without a valid audit non-compliant: no rate is given, since none was measured. Pure.
 */
export function accessibilityStatement(statement: AccessibilityStatement): string {
  const { service, organisation } = statement;
  const title = ["Accessibilité : non conforme", service, ...(organisation === undefined ? [] : [organisation])];
  const page = element(
    "html",
    { lang: "fr" },
    element(
      "head",
      {},
      element("meta", { charset: "utf-8" }),
      element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
      element("meta", { name: "color-scheme", content: "light dark" }),
      element("title", {}, title.join(" – ")),
    ),
    element(
      "body",
      {},
      element("header", {}, element("h1", {}, "Déclaration d’accessibilité"), element("p", {}, law)),
      element(
        "main",
        {},
        sections(statement).map(([heading, ...content]) => sectionOf(heading, content)),
      ),
    ),
  );
  return `<!DOCTYPE html>\n${markup(page)}\n`;
}

const law =
  "L’article 47 de la loi n° 2005-102 du 11 février 2005 et le décret n° 2019-768 du 24 juillet 2019 demandent que les services publics en ligne soient accessibles à tous.";

type Section = readonly [heading: string, ...content: readonly Content[]];

function sections(statement: AccessibilityStatement): readonly Section[] {
  return [
    ["Service concerné", ...subject(statement)],
    ["État de conformité", ...state],
    ["Date de la déclaration", madeOn(statement)],
    ["Contact", contact(statement)],
    ["Voies de recours", ...appeal],
  ];
}

function sectionOf(heading: string, content: Content): Content {
  return element("section", {}, element("h2", {}, heading), content);
}

function subject({ service, organisation, hosts }: AccessibilityStatement): readonly Content[] {
  const facts = [
    ["Service", [service]],
    ["Organisme", organisation === undefined ? [] : [organisation]],
    ["Adresses", hosts],
  ] as const;
  const told = facts.filter(([, values]) => values.length > 0);
  return [
    element("p", {}, "Cette déclaration porte sur :"),
    element(
      "dl",
      {},
      told.map(([fact, values]) => [element("dt", {}, fact), values.map((value) => element("dd", {}, value))]),
    ),
  ];
}

const state: readonly Content[] = [
  element(
    "p",
    {},
    element("strong", {}, "Non conforme : non évalué."),
    " Aucun audit n’a encore mesuré la conformité de ce service au référentiel général d’amélioration de l’accessibilité (RGAA), et un service sans audit en cours de validité est non conforme.",
  ),
  element("p", {}, "Les contenus qui ne sont pas accessibles n’ont donc pas été recensés."),
];

function madeOn({ openedAt }: AccessibilityStatement): Content {
  const opened = (openedAt ?? "").slice(0, writtenOn.length);
  const day = opened > writtenOn ? opened : writtenOn;
  return element("p", {}, "Déclaration établie le ", element("time", { datetime: day }, dayText(day)), ".");
}

/** In French the first of a month is the only day with an ordinal. */
function dayText(day: string): string {
  const text = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" }).format(new Date(day));
  return text.replace(/^1 /, "1er ");
}

function contact({ contact: address }: AccessibilityStatement): Content {
  const wish = "un contenu ou une fonction de ce service ne vous est pas accessible";
  const help = "afin d’être aidé ou d’obtenir le même contenu sous une autre forme.";
  if (address === undefined)
    return element("p", {}, `Si ${wish}, adressez-vous à l’organisme qui vous a ouvert votre compte, ${help}`);
  const link = element("a", { href: mailto(address) }, address);
  return element("p", {}, `Si ${wish}, écrivez à `, link, `, ${help}`);
}

function mailto(address: string): string {
  return `mailto:${address.toWellFormed().split("@").map(encodeURIComponent).join("@")}`;
}

const appeal: readonly Content[] = [
  element("p", {}, "Si vous n’obtenez pas de réponse satisfaisante, vous pouvez saisir le Défenseur des droits :"),
  element(
    "ul",
    {},
    element(
      "li",
      {},
      "en ligne : ",
      element("a", { href: "https://formulaire.defenseurdesdroits.fr/" }, "formulaire.defenseurdesdroits.fr"),
    ),
    element(
      "li",
      {},
      "par courrier, sans affranchir : Défenseur des droits, Libre réponse 71120, 75342 Paris Cedex 07",
    ),
  ),
];
