import type { Command } from "../snippet/command";

// The only part of Samplit inside a customer's page. Until the script comes it keeps from sight what the script of an earlier page has
// noted for this path (snippet/mask.ts), for at most the deadline, and collects calls.
((page: Window & { samplit?: Command }, path: string) => {
  const stub = (page.samplit =
    page.samplit ||
    (function () {
      (stub.q = stub.q || []).push(arguments);
    } as Command));
  try {
    const notes = (JSON.parse(localStorage._smp_m) as [paths: string, selectors: string][]).filter((note) => RegExp(note[0]).test(path));
    if (!notes[0]) return;
    const sheet = new CSSStyleSheet();
    const selectors = notes.map((note) => note[1]).filter((text) => text);
    if (selectors[0]) sheet.insertRule(selectors + "{visibility:hidden!important}");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    stub.m = () => {
      sheet.disabled = true;
    };
    setTimeout(() => {
      stub.late = true;
      stub.m!();
    }, 400);
  } catch {
    // Nothing was noted, or the browser is too old to keep anything from sight.
  }
})(window, location.pathname);
