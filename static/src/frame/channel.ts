import { MAX_PER_SECOND, read } from "./protocol";

/** One side's end of the conversation. */
export class Channel<In, Out> {
  /** Messages that were none, or too many. */
  dropped = 0;
  private second = 0;
  private taken = 0;

  constructor(
    private readonly port: MessagePort,
    shapes: Parameters<typeof read>[1],
    handle: (message: In) => void,
  ) {
    port.onmessage = (event) => {
      const message = this.timely() ? read<In>(event.data, shapes) : undefined;
      if (message) handle(message);
      else this.dropped++;
    };
  }

  /** Whether one more message may come in this second. */
  private timely(): boolean {
    const now = Math.floor(performance.now() / 1000);
    if (now !== this.second) {
      this.second = now;
      this.taken = 0;
    }
    return ++this.taken <= MAX_PER_SECOND;
  }

  send(message: Out): void {
    this.port.postMessage(JSON.stringify(message));
  }

  close(): void {
    this.port.onmessage = null;
    this.port.close();
  }
}
