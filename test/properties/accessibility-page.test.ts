import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import { expect, test } from "vitest";
import { visible } from "../../operator/html/visible-text.ts";
import { accessibilityStatement } from "../../operator/modules/accessibility-statement.ts";
import { fc } from "../support/fast-check.ts";
import { hostileMarkup } from "../support/hostile-text.ts";

const names = (element: XmlElement): string[] => [
  element.name,
  ...element.children.flatMap((child) => ("attributes" in child ? names(child) : [])),
];
const elementsOf = (page: string): string[] => names(parseXml(page).root as XmlElement);
const plain = accessibilityStatement({ service: "s", organisation: "o", hosts: ["h"], contact: "c" });

test("a statement has the same elements whatever a tenant is called, and shows its name as it is", () => {
  fc.assert(
    fc.property(hostileMarkup, hostileMarkup, (organisation, contact) => {
      const page = accessibilityStatement({ service: "Messagerie", organisation, hosts: ["chat.a.example"], contact });
      expect(elementsOf(page)).toEqual(elementsOf(plain));
      const { text } = parseXml(page);
      expect(text).toContain(visible(organisation));
      expect(text).toContain(visible(contact));
      const [link] = [...page.matchAll(/href="(mailto:[^"]*)"/g)].map(([, href]) => href);
      expect(link).toMatch(/^mailto:[A-Za-z0-9@%._!~*()&#;'-]*$/);
    }),
  );
});
