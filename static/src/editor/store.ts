import { applied, type Edit, freshId, type List, type Op, queued } from "./list";

/** A save that is under way, or was when the page was left. */
export interface Batch {
  base_rev: number;
  request: string;
  ops: Op[];
  resolve?: "mine" | "copies";
}

/** What is known of a variant: the server's list, the save under way, and the steps that wait for the next. */
export class Store {
  sending: Batch | undefined;
  waiting: Op[] = [];
  private readonly watchers: (() => void)[] = [];

  constructor(
    public list: List,
    private readonly key: string,
  ) {
    this.recall();
  }

  /** Steps that an earlier visit could not save are taken up again under their old request, so that they count once. */
  private recall(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) || "null") as { sending?: Batch; waiting?: Op[] } | null;
      if (kept?.sending) this.sending = kept.sending;
      this.waiting = kept?.waiting ?? [];
    } catch {
      // Nothing that can be read was kept.
    }
  }

  private keep(): void {
    try {
      if (this.pending()) localStorage.setItem(this.key, JSON.stringify({ sending: this.sending, waiting: this.waiting }));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is full or refused: leaving the page still warns.
    }
  }

  /** The list with everything that was done here. */
  edits(): Edit[] {
    return [...(this.sending?.ops ?? []), ...this.waiting].reduce(applied, this.list.edits);
  }

  pending(): boolean {
    return !!this.sending || this.waiting.length > 0;
  }

  /** Calls changed after whatever changes the list. */
  watch(changed: () => void): void {
    this.watchers.push(changed);
  }

  private tell(): void {
    this.keep();
    this.watchers.forEach((watcher) => watcher());
  }

  do(op: Op): void {
    this.waiting = queued(this.waiting, op);
    this.tell();
  }

  /** Takes the waiting steps into a save, unless one is under way. */
  batch(): Batch | undefined {
    if (!this.sending && this.waiting.length) {
      this.sending = { base_rev: this.list.rev, request: freshId(), ops: this.waiting.slice(0, 200) };
      this.waiting = this.waiting.slice(200);
      this.keep();
    }
    return this.sending;
  }

  /** The server's list is this now, the save that was under way included. */
  saved(list: List): void {
    this.list = list;
    this.sending = undefined;
    this.tell();
  }

  /** The server's list is this now; what is under way is not in it. */
  refreshed(list: List): void {
    this.list = list;
    this.tell();
  }

  /** Gives the save under way up. */
  drop(): void {
    this.sending = undefined;
    this.tell();
  }

  /** Sends the save under way again as another, with what to do where others changed the same. */
  settle(list: List, resolve: "mine" | "copies"): void {
    this.list = list;
    if (this.sending) this.sending = { base_rev: this.sending.base_rev, request: freshId(), ops: this.sending.ops, resolve };
    this.tell();
  }
}
