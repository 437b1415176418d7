/** The tabs of the panel: arrows move between them, as people know it from elsewhere. */
export function watchTabs(): (name: string) => void {
  const bar = document.querySelector<HTMLElement>("[role='tablist']")!;
  const tabs = Array.from(bar.querySelectorAll<HTMLElement>("[role='tab']"));
  bar.hidden = false;
  const open = (name: string) => {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById("panel-" + tab.dataset.tab)!.hidden = !chosen;
    }
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => open(tab.dataset.tab!));
    tab.addEventListener("keydown", (event) => {
      const way = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!way) return;
      const next = tabs[(i + way + tabs.length) % tabs.length]!;
      next.focus();
      open(next.dataset.tab!);
    });
  });
  return open;
}
