type Area = "localStorage" | "sessionStorage";

let usual: Area = "localStorage";

/** From now on everything is kept in this tab alone, apart from the person's own visits. */
export function keepInTab(): void {
  usual = "sessionStorage";
}

/**
 * Lists kept in Web storage. The page can write there too and the browser can refuse access altogether, so what is read may be
 * anything: callers check each entry, and a refused write is no error.
 */
export function readList(name: string, area = usual): unknown[] {
  try {
    const value: unknown = JSON.parse(window[area].getItem(name)!);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

export function writeList(name: string, list: unknown[], area = usual): void {
  try {
    window[area].setItem(name, JSON.stringify(list));
  } catch {
    // Full or refused: the visit goes on without memory.
  }
}
