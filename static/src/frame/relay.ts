// The conversation by way of the server, for a page that has cut its tie to the tab that opened it.

/** How long to wait before the server is asked again after it gave no answer, in milliseconds. */
const PAUSE = 1_000;
/** What is said within so many milliseconds goes in one request. */
const GATHER = 40;
const MOST = 50;
/** After so many answers without anything in them, and none with, nobody is there; the server takes a few seconds for each. */
const PATIENCE = 60;

interface Message {
  id: number;
  body: string;
}

/** Posts a request of one end; the answer is what was said by the other where nothing was said by this one. */
export type Post = (request: { after: number; messages?: string[] }) => Promise<Response>;

/** Carries what comes out of a port to the server, and what the server has into it, until it says that the page is closed or stop is called. */
export class Relay {
  private waiting: string[] = [];
  private sending = false;
  private over = false;

  constructor(
    private readonly port: MessagePort,
    private readonly post: Post,
    private readonly heard: () => void = () => {},
  ) {
    port.onmessage = (event) => {
      this.waiting.push(String(event.data));
      if (!this.sending) void this.say();
    };
    void this.hear();
  }

  stop(): void {
    this.over = true;
  }

  private async say(): Promise<void> {
    this.sending = true;
    await pause(GATHER);
    while (this.waiting.length && !this.over) {
      const messages = this.waiting.slice(0, MOST);
      const answer = await this.ask({ after: 0, messages });
      if (answer) this.waiting.splice(0, messages.length);
    }
    this.sending = false;
  }

  private async hear(): Promise<void> {
    for (let after = 0, quiet = 0; !this.over && (after || quiet < PATIENCE); quiet++) {
      const answer = await this.ask({ after });
      for (const { id, body } of answer ? ((await answer.json()) as Message[]) : []) {
        if (this.over) return;
        this.heard();
        this.port.postMessage(body);
        after = id;
      }
    }
  }

  /** The server's answer; undefined, after a pause, when there was none. */
  private async ask(request: { after: number; messages?: string[] }): Promise<Response | undefined> {
    const answer = await this.post(request).catch(() => undefined);
    if (answer?.ok) return answer;
    if (answer && (answer.status === 404 || answer.status === 401)) this.over = true;
    await pause(PAUSE);
    return undefined;
  }
}

const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time));
