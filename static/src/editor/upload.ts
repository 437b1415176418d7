import type { Panel } from "./panel";
import { say } from "./words";

/** Uploads an image and shows it in place of the picked one. */
export function watchUpload(panel: Panel, address: string): void {
  const input = document.getElementById("upload") as HTMLInputElement | null;
  const state = document.getElementById("upload-state");
  if (!input || !state) return;
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (!file) return;
    state.textContent = say("uploading");
    const body = new FormData();
    body.append("file", file);
    void fetch(address, { method: "POST", headers: { Accept: "application/json" }, body })
      .then(async (response) => (response.ok ? ((await response.json()) as { url: string }).url : ""))
      .catch(() => "")
      .then((url) => {
        state.textContent = url ? file.name : say("uploadFailed");
        if (url) panel.set("image", "", url);
        input.value = "";
      });
  });
}
