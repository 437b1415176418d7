// canonical is RFC 8785: what JSON.stringify writes, with the names of objects in the order of their UTF-16 code units.
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (typeof value === "object" && value !== null) {
    const object = value as Record<string, unknown>;
    return "{" + Object.keys(object).sort().map((k) => JSON.stringify(k) + ":" + canonical(object[k])).join(",") + "}";
  }
  return JSON.stringify(value);
}
