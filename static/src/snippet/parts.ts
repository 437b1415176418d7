// Every part, bundled before the runtime starts. Which of them a site gets is said by the Go package snippet, in the names of these
// files; the build does not count this list as a need of anybody.
import "./bridge";
import "./change/attr";
import "./change/hide";
import "./change/redirect";
import "./change/style";
import "./change/text";
import "./consent-mode";
import "./filter";
import "./goal/click";
import "./goal/custom";
import "./goal/datalayer";
import "./goal/engaged";
import "./goal/form";
import "./goal/scroll";
import "./goal/seen";
import "./goal/url";
import "./mask";
import "./page";
import "./remote";
import "./targeting";
import "./visit";
