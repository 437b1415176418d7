const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function link(text: string, href: string, css: string): string {
  return href ? `<a href="${escaped(href)}" style="${css}">${escaped(text)}</a>` : escaped(text);
}

/** The HTML of what is inserted. */
export function inserted(kind: string, text: string, href: string): string {
  switch (kind) {
    case "banner":
      return `<div style="padding:16px;background:#0b5f5a;color:#ffffff;text-align:center">${link(text, href, "color:#ffffff;text-decoration:underline")}</div>`;
    case "notice":
      return `<p style="margin:0;padding:8px 16px;background:#fff4d6;color:#3a2c00;text-align:center">${link(text, href, "color:#3a2c00;text-decoration:underline")}</p>`;
    case "button":
      return `<a href="${escaped(href || "#")}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#0b5f5a;color:#ffffff;text-decoration:none">${escaped(text)}</a>`;
  }
  return text;
}
