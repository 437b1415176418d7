/** The tag of the runtime, which carries the nonce of a content security policy. */
export const script = document.currentScript;
