import { XmlElement as Parsed, parseXml } from "@rgrove/parse-xml";
import { describe, expect, test } from "vitest";
import { newAdministrator, newContext, observedContext, request } from "../../operator/openxchange/context-messages.ts";
import { element, readXml, UnreadableXmlError, writeXml, type XmlElement } from "../../operator/openxchange/xml.ts";
import { fc, runs } from "../support/fast-check.ts";

/** What XML can carry at all: everything but control characters, halves of pairs and two non-characters. */
const carried = fc
  .string({ unit: "binary", maxLength: 40 })
  .filter((text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text));
const nasty = fc.constantFrom(
  "</password>",
  "<auth><login>root</login></auth>",
  "&amp;",
  "&#65;",
  "&x;",
  "]]>",
  "<![CDATA[",
  "<!-- ",
  "--",
  '<!DOCTYPE a [<!ENTITY x "y">]>',
  "<?php ?>",
  "\r\n\t",
  " ",
  "\u0085\u2028",
  "’é😀",
  "\"'",
);
const hostile = fc.array(fc.oneof(carried, nasty), { maxLength: 6 }).map((parts) => parts.join(""));

/** The text of every element, by path, as another parser reads it. */
function texts(node: Parsed, path = node.name): [string, string][] {
  const inner = node.children.filter((one): one is Parsed => one instanceof Parsed);
  return inner.length === 0 ? [[path, node.text]] : inner.flatMap((one) => texts(one, `${path}/${one.name}`));
}

describe("what goes over the wire", () => {
  test("another parser reads back each value where it was put, whatever it holds, and not one element more", () => {
    fc.assert(
      fc.property(fc.tuple(hostile, hostile, hostile, hostile, hostile, hostile), (values) => {
        const [login, password, name, word, marker, own] = values;
        const context = {
          name,
          marker,
          loginMappings: [word, "second.example"],
          quotaMi: 5,
          administrator: { name: login, email: word },
        };
        const parts = [newContext(context, { id: 7, applied: "note" }), newAdministrator(context.administrator, own)];
        const { root } = parseXml(writeXml(request("create", parts, { login, password })));
        const call = "Envelope/Body/create";
        expect(texts(root!)).toEqual([
          [`${call}/ctx/id`, "7"],
          [`${call}/ctx/loginMappings`, word],
          [`${call}/ctx/loginMappings`, "second.example"],
          [`${call}/ctx/maxQuota`, "5"],
          [`${call}/ctx/name`, name],
          [`${call}/ctx/userAttributes/entries/key`, "socle.dev"],
          [`${call}/ctx/userAttributes/entries/value/entries/key`, "applied"],
          [`${call}/ctx/userAttributes/entries/value/entries/value`, "note"],
          [`${call}/ctx/userAttributes/entries/value/entries/key`, "owner"],
          [`${call}/ctx/userAttributes/entries/value/entries/value`, marker],
          [`${call}/admin_user/display_name`, "Administrator"],
          [`${call}/admin_user/email1`, word],
          [`${call}/admin_user/given_name`, "Context"],
          [`${call}/admin_user/name`, login],
          [`${call}/admin_user/password`, own],
          [`${call}/admin_user/primaryEmail`, word],
          [`${call}/admin_user/sur_name`, "Administrator"],
          [`${call}/auth/login`, login],
          [`${call}/auth/password`, password],
        ]);
      }),
      { numRuns: runs(500) },
    );
  });

  test("what is written is read back as it was", () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
    const leaf = fc.tuple(name, hostile).map(([of, text]): XmlElement => element("urn:a", of, text));
    const tree = fc
      .tuple(name, fc.array(leaf, { minLength: 1, maxLength: 5 }))
      .map(([of, inner]) => element("urn:b", of, inner));
    fc.assert(
      fc.property(tree, (root) => {
        expect(readXml(writeXml(root))).toEqual(root);
      }),
    );
  });
});

describe("what comes back", () => {
  test("any text is read, or refused as no XML, and nothing else happens", () => {
    const pieces = fc.oneof(
      hostile,
      fc.constantFrom("<a>", "</a>", "<a/>", "<a b='", "<?xml version='1.0'?>", "<x:a xmlns:x='y'>"),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        try {
          readXml(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableXmlError);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("an attribute of somebody else is never taken for the mark", () => {
    const entry = (key: string, value: string | readonly XmlElement[]) =>
      element("urn:o", "entries", [element("urn:o", "key", key), element("urn:o", "value", value)]);
    fc.assert(
      fc.property(hostile, hostile, hostile, (space, key, value) => {
        fc.pre(space !== "socle.dev" || (key !== "owner" && key !== "applied"));
        const attributes = element("urn:o", "userAttributes", [entry(space, [entry(key, value)])]);
        const fields = [element("urn:o", "id", "7"), element("urn:o", "name", "meteo"), attributes];
        expect(observedContext(element("urn:s", "return", fields))).toMatchObject({
          marker: undefined,
          applied: undefined,
        });
      }),
    );
  });
});
