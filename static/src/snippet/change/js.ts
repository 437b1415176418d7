import { actions } from "../part";
import { safe } from "../safe";
import { nonced } from "../script";
import { trustedScript } from "../trusted";
import "./placing";

/** Runs in an element with our nonce. The code sees `onLeave(callback)`: it is called when the change is taken off the page. */
actions.js = {
  safe: ({ value }) => value !== undefined,
  enter: ({ change }) => {
    const leaving: (() => void)[] = [];
    const element: HTMLScriptElement & { onLeave?: (callback: () => void) => void } = nonced("script");
    element.onLeave = (callback) => leaving.push(callback);
    element.text = trustedScript(`(function(onLeave){try{${change.value}\n}catch(e){console.warn("samplit",e)}})(document.currentScript.onLeave)`);
    element.remove();
    return () => leaving.forEach((callback) => safe(callback)());
  },
};
