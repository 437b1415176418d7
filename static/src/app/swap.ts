// What Idiomorph lets a page decide while it changes one tree into another.
interface Morph {
  defaults: {
    ignoreActiveValue: boolean;
    callbacks: {
      beforeNodeMorphed?: (from: Node, to: Node) => boolean;
      beforeAttributeUpdated?: (name: string, node: Element, kind: string) => boolean;
    };
  };
}
declare const Idiomorph: Morph | undefined;

// watchSwaps keeps what a reader is doing intact when the server sends a new version of a part of the page.
export function watchSwaps(): void {
  if (typeof Idiomorph !== "undefined") keepState(Idiomorph);
  document.addEventListener("htmx:beforeRequest", (event) => {
    // Nobody looks at a hidden tab, and a reader of a tooltip is not to be disturbed.
    const element = event.target;
    if (element instanceof Element && element.hasAttribute("data-poll") && document.hidden) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!(event.target instanceof Element)) return;
    focusFirstError(event.target);
    const submitter = (event as CustomEvent<Settled>).detail.requestConfig?.triggeringEvent?.submitter;
    if (submitter instanceof HTMLButtonElement && submitter.name === "do") focusRow(submitter.value);
  });
}

// What htmx tells about the request whose answer it has put in place.
interface Settled {
  requestConfig?: { triggeringEvent?: { submitter?: unknown } };
}

// focusRow leads to a row that was just added, or beside one that was just removed.
function focusRow(action: string): void {
  const [verb, variant] = action.split(":");
  const last = (selector: string): HTMLElement | undefined => Array.from(document.querySelectorAll<HTMLElement>(selector)).pop();
  switch (verb) {
    case "add-change":
      last(`#variant-form-${variant} .change-row select`)?.focus();
      break;
    case "add-variant":
      last("[id^='variant-form-'] header input")?.focus();
      break;
    case "remove-change":
      last(`#variant-form-${variant} button[value^='add-change']`)?.focus();
      break;
    case "remove-variant":
      last("button[value='add-variant']")?.focus();
  }
}

// keepState leaves drawn charts, open details and dialogs, and the field being typed in as they are. A form that comes back may
// unfold what hides a mistake.
function keepState(morph: Morph): void {
  morph.defaults.ignoreActiveValue = true;
  morph.defaults.callbacks.beforeNodeMorphed = (from) => !(from instanceof Element && from.hasAttribute("data-plot"));
  morph.defaults.callbacks.beforeAttributeUpdated = (name, node, kind) => {
    if (name !== "open") return true;
    if (node instanceof HTMLDetailsElement) return kind === "update" && node.closest("form") !== null;
    return !(node instanceof HTMLDialogElement);
  };
}

// focusFirstError leads to the first refused field of a form that came back.
function focusFirstError(target: Element): void {
  const form = target.closest("form") ?? target.querySelector("form");
  const field = form?.querySelector<HTMLElement>("[aria-invalid='true']");
  if (field && form?.contains(document.activeElement) !== true) field.focus();
}
