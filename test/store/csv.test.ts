import { describe, expect, test } from "vitest";
import { csvLine, ndjsonLine } from "../../src/store/csv.js";

describe("a row of an export", () => {
  test("is CSV after RFC 4180: quoted where a separator, a quote or a line break stands in it", () => {
    expect(csvLine(["a", 'say "hi"', "b,c", "two\nlines", 1.5, true, null, undefined, new Date(0)])).toBe(
      'a,"say ""hi""","b,c","two\nlines",1.5,true,,,1970-01-01T00:00:00.000Z\r\n',
    );
    expect(csvLine([Number.NaN, Number.POSITIVE_INFINITY, -3])).toBe(",,-3\r\n");
  });

  // What Excel, LibreOffice or Google Sheets would compute or hand to a command.
  const running = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "|calc",
    "%0a=1",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    '"=1',
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    "+cmd",
    "-2+3+cmd|' /C calc'!D2",
    '=HYPERLINK("http://127.0.0.1","x")',
  ];
  test.each(running)("%j is text in a spreadsheet", (text) => {
    const cell = csvLine([text]).trimEnd().replace(/^"/, "");
    expect(cell.startsWith("'")).toBe(true);
  });

  test("numbers stay numbers, also where they came as text, and harmless text stays as it is", () => {
    expect(csvLine(["-12.50", "+3", "007", "a=b", "x-1", "Ann O'Hara"])).toBe("-12.50,+3,007,a=b,x-1,Ann O'Hara\r\n");
  });

  test("is an object by its columns in NDJSON, where nothing is run and so nothing defused", () => {
    expect(ndjsonLine(["id", "note", "at", "rate"], ["1", "=1", new Date(0), Number.NaN])).toBe(
      '{"id":"1","note":"=1","at":"1970-01-01T00:00:00.000Z","rate":null}\n',
    );
  });
});
