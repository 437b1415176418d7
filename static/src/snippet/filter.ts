import { bucket } from "./hash";
import { parts } from "./part";

parts.excludes = (filters, visitor) => {
  const out = filters.find(({ seed, ranges }) => {
    const n = bucket(seed, visitor);
    return !ranges.some(([from, to]) => from <= n && n < to);
  });
  return out && out.seed.split("/")[0];
};
