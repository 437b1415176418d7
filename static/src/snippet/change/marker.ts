import type { Edit } from "../change";
import { actions, parts } from "../part";

/** Names a change on the page: in the attribute that its rules and inserted elements carry. */
export function markOf({ change, split }: Edit): string {
  return (split.seed.replace("/", "--") + "--" + change.id).toLowerCase();
}

parts.marker = (edit) => {
  const { action, limit, fingerprint } = edit.change;
  return actions[action]!.rules && (limit || fingerprint) ? "data-smp-" + markOf(edit) : "";
};
