const open = "details[data-menu][open]";

// watchMenus closes an open menu on a click elsewhere, on Escape, and when focus leaves it.
export function watchMenus(): void {
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll<HTMLDetailsElement>(open).forEach((menu) => {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary")?.focus();
    });
  });
}

function closeOthers(target: EventTarget | null): void {
  document.querySelectorAll<HTMLDetailsElement>(open).forEach((menu) => {
    if (!(target instanceof Node && menu.contains(target))) menu.open = false;
  });
}
