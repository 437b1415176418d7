import type { Action, Edit } from "./change";
import type { Change, Config, HashFilter, Targeting } from "./config";
import type { Ask } from "./remote";
import type { Run } from "./run";
import { safe } from "./safe";
import type { Visit } from "./targeting";

/**
 * The seams of the runtime: a part fills some of them when it is loaded. Nothing imports a part, so the server can leave out those
 * that a site's configuration does not need (the Go package snippet knows which). An experiment that needs a missing one fails.
 */
export const parts: {
  /** What the browser knows of a visit; without it only the address is known. */
  visit?: (url: string, visitor: string) => Visit;
  targets?: (targeting: Targeting, visit: Visit, now: number) => boolean;
  /** The word for the filter that keeps a visitor out, if one does. */
  excludes?: (filters: HashFilter[], visitor: string) => string | undefined;
  ask?: Ask;
  /** The ids that this browser comes with: those of its cookie, and before them one that a partner's page has handed over. */
  handed?: () => string[];
  /** An address with the visitor in it, where it is that of a partner. */
  link?: (address: string) => string;
  /** Starts to listen for the visitor's consent. */
  consentMode?: () => void;
  /** Takes the visitor to another page, if that is what the run's arm is about, and says so. */
  leave?: (run: Run) => boolean;
  /** The loader has shown the page as it was, because this script came too late. */
  late?: boolean | undefined;
  /** Whether a change is to be made on this page, in this window, by now. */
  moment?: (change: Change) => boolean;
  /** The windows that a change is for, as a media query. */
  media?: (change: Change) => string | undefined;
  /** The one element that a change with a fingerprint is about, of those that can take it. */
  recognise?: (change: Change, hits: Element[], takes: (element: Element) => boolean) => Element | undefined;
  /** The attribute by which the rules of a change find its elements where the selector alone would find others too. */
  marker?: (edit: Edit) => string;
  /** Whether a node is the page's own, or was made by an earlier change. */
  before?: (node: Node, edit: Edit) => boolean;
  /** Does what a change does beside writing in elements, and takes it back. */
  place?: (edit: Edit) => void;
  unplace?: (edit: Edit) => void;
  report?: () => object[];
} = {};

/** What can be done to a page, by the name that changes have for it. */
export const actions: Record<string, Action> = {};

/** Commands of the global, beside those that are always there. */
export const commands: Record<string, (value: unknown, visitor: string, more: unknown) => unknown> = {};

/** Called with the visitor, "" for one who may not be remembered and of whom nothing is sent: at the start and at a change of consent. */
export const visitors: ((visitor: string, config: Config) => void)[] = [];

/** Called with each address that somebody sees. */
export const views: ((address: string) => void)[] = [];

/** Called after each exposure that is reported. */
export const exposures: ((run: Run) => void)[] = [];

/** Called when the page has become visible, or more of it has come. */
export const looks: (() => void)[] = [];

export function lookAgain(): void {
  looks.forEach((looked) => safe(looked)());
}
