import { commands, parts } from "./part";
import type { Preview } from "./preview";
import { link } from "./transport";

/** The one global: `samplit("goal", name)`, `samplit("identify", user)`, `samplit("debug")`. */
export interface Command {
  (command: string, value?: unknown): unknown;
  /** Calls made before the script had loaded, by the stub that the install guide prints. */
  q?: ArrayLike<unknown>[];
  /** Version of the runtime; its presence tells a second copy that a first one runs. */
  v?: number;
  /** Copies of the script that this page has loaded. */
  copies?: number;
  /** Of a visit that is a preview. */
  preview?: Preview;
}

declare global {
  interface Window {
    samplit?: Command;
  }
}

/** Makes the global for a visitor, "" for one who may not be remembered and of whom nothing is sent. */
export function command(visitor: string): Command {
  const run: Command = (name, value) => {
    try {
      if (name === "debug") {
        console.log("samplit", visitor || "private", "copies", run.copies);
        const rows = parts.report ? parts.report() : [];
        console.table(rows);
        return rows;
      }
      if (name === "identify" && visitor && value) link(value);
      if (name in commands) commands[name]!(value, visitor);
    } catch {
      // The caller is the page.
    }
    return undefined;
  };
  run.v = run.copies = 1;
  return run;
}
