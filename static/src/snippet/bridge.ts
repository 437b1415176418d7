import { layer, type LayerEntry } from "./layer";
import { exposures } from "./part";

/** Tells Google Analytics 4 who is in what, in its own words for it. */
exposures.push(({ experiment, split, arm }) => {
  const variant = ["samplit", experiment.key + (split.key ? "/" + split.key : ""), split.arms[arm]].join("-");
  const { gtag } = window as unknown as { gtag?: (...args: unknown[]) => void };
  if (gtag) gtag("event", "experience_impression", { exp_variant_string: variant });
  else layer().push({ event: "experience_impression", exp_variant_string: variant } as unknown as LayerEntry);
});
