/** Runs before every script of a page that is shown in the editor, and lets the page believe that it is where its visitors see it. */
import { shimElements } from "./elements";
import { page } from "./page";
import { keepLinksHere, muteLeaving, shimFrames } from "./frames";
import { shimHistory } from "./history";
import { shimMedia } from "./media";
import { shimNetwork } from "./network";
import { shimServiceWorkers } from "./worker";
import { shimCookies, shimStorage } from "./storage";

for (const shim of page.live ? [] : [shimFrames, muteLeaving, keepLinksHere, shimStorage, shimCookies, shimServiceWorkers, shimElements, shimNetwork, shimMedia, shimHistory]) {
  try {
    shim();
  } catch (error) {
    console.warn("samplit:", error); // the page is worth more than one of these
  }
}
