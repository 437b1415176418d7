import { replaceMethod } from "./replace";

/** A service worker would stand between the page and the editor: registering one seems to work and does nothing. */
export function shimServiceWorkers(): void {
  if (!("serviceWorker" in navigator)) return;
  const registration = Object.assign(new EventTarget(), {
    active: null,
    installing: null,
    waiting: null,
    scope: location.origin + "/",
    update: () => Promise.resolve(registration),
    unregister: () => Promise.resolve(true),
  }) as unknown as ServiceWorkerRegistration;
  const container = ServiceWorkerContainer.prototype;
  container.getRegistrations.call(navigator.serviceWorker).then(
    (all) => all.forEach((old) => old.unregister()),
    () => {}, // a page without an origin has none
  );
  replaceMethod(container, "register", () => () => Promise.resolve(registration));
  replaceMethod(container, "getRegistration", () => () => Promise.resolve(undefined));
  replaceMethod(container, "getRegistrations", () => () => Promise.resolve([]));
}
