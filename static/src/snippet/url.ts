/**
 * Page patterns. A pattern is a full URL or a path, and the Go function proxy.MatchPage follows the same rule; both are held
 * to testdata/url_patterns.json.
 *
 *  - An empty pattern matches every page.
 *  - `*` matches any run of characters, slashes included, also none.
 *  - With a scheme and host (`https://shop.example/…`, `*://…`, or `//…` for any scheme) they must match too, without regard to
 *    case. Without, any host matches and the pattern is a path; a leading slash is added unless it starts with `/` or `*`.
 *  - The path is compared with regard to case; a trailing slash makes no difference on either side.
 *  - The query is ignored unless the pattern contains `?`, then all of it must match, in its order; no query equals an empty one.
 *  - The hash is ignored unless the pattern contains `#`, with the same meaning of an empty one.
 *  - Characters outside printable ASCII and their percent-encoding are the same; a host is compared in its ASCII (xn--) form.
 */
const PARTS = /^((?:[^/?#]*:)?\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/;

type Parts = [all: string, origin: string | undefined, path: string, query: string | undefined, hash: string | undefined];

function parts(text: string): Parts {
  const ascii = text
    .replace(/[^!-~]+/g, encodeURIComponent)
    .replace(/%[\da-f]{2}/gi, (escape) => escape.toUpperCase());
  return PARTS.exec(ascii) as unknown as Parts;
}

/** Whether text is pattern, in which `*` is any run of characters: every piece comes behind the one before, the first at the start
 * and the last at the end. */
export function glob(pattern: string, text: string): boolean {
  let at = 0;
  return pattern.split("*").every((piece, i, { length }) => {
    const found = i < length - 1 ? text.indexOf(piece, at) : text.length - piece.length;
    const fits = found >= at && (!!i || !found) && text.startsWith(piece, found);
    at = found + piece.length;
    return fits;
  });
}

export function matchPage(pattern: string | undefined, url: string): boolean {
  if (!pattern) return true;
  let [, origin, path, query, hash] = parts(pattern);
  const page = parts(url);
  if (!origin && !/^[/*]/.test(path)) path = "/" + path;
  if (origin && origin[0] === "/") origin = "*:" + origin;
  const bare = (text: string) => text.replace(/\/+$/, "");
  const head = (origin ? page[1] || "" : "").toLowerCase() + bare(page[2]);
  const tail = (query ? page[3] || "?" : "") + (hash ? page[4] || "#" : "");
  const wanted = (origin || "").toLowerCase() + bare(path) + (query || "") + (hash || "");
  return glob(wanted, head + tail) || glob(wanted, head + "/" + tail);
}
