import { commands, parts } from "./part";
import type { Preview } from "./preview";
import { link, who } from "./transport";

/** The one global: `samplit("goal", name, amount)`, `samplit("identify", user)`, `samplit("consent", word)`, `samplit("link", address)`, `samplit("debug")`. */
export interface Command {
  (command: string, value?: unknown, more?: unknown): unknown;
  /** Calls made before the script had loaded, by the loader or the stub that the install guide prints. */
  q?: ArrayLike<unknown>[];
  /** Of the loader: shows what it keeps from sight. */
  m?: () => void;
  /** Of the loader: it has, because its time was over. */
  late?: boolean;
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

/** Makes the global. */
export function command(): Command {
  const run: Command = (name, value, more) => {
    try {
      const visitor = who();
      if (name === "debug") {
        console.log("samplit", visitor || "private", "copies", run.copies);
        const rows = parts.report ? parts.report() : [];
        console.table(rows);
        return rows;
      }
      if (name === "identify" && visitor && value) link(value);
      if (name in commands) return commands[name]!(value, visitor, more);
    } catch {
      // The caller is the page.
    }
    return undefined;
  };
  run.v = run.copies = 1;
  return run;
}
