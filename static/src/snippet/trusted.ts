interface Policy {
  createHTML: (text: string) => string;
  createScript: (text: string) => string;
}

const same = (text: string) => text;
let policy: Policy = { createHTML: same, createScript: same };

try {
  const { trustedTypes } = window as unknown as { trustedTypes?: { createPolicy: (name: string, rules: Policy) => Policy } };
  if (trustedTypes) policy = trustedTypes.createPolicy("samplit", policy);
} catch {
  // The page allows no policy of ours: what needs one is refused, without a try that the page's owner would be told of.
  policy.createHTML = policy.createScript = () => {
    throw TypeError();
  };
}

/** HTML that pages with Trusted Types take from us. */
export function trusted(text: string): string {
  return policy.createHTML(text);
}

export function trustedScript(text: string): string {
  return policy.createScript(text);
}
