// Every part, bundled before the runtime starts. Which of them a site gets is said by the Go package snippet, in the names of these
// files; the build does not count this list as a need of anybody.
import "./change/attr";
import "./change/class";
import "./change/css";
import "./change/heal";
import "./change/hide";
import "./change/html";
import "./change/image";
import "./change/insert";
import "./change/js";
import "./change/link";
import "./change/moment";
import "./change/move";
import "./change/remove";
import "./change/show";
import "./change/style";
import "./change/text";
import "./filter";
import "./goal/click";
import "./goal/custom";
import "./goal/url";
import "./page";
import "./remote";
import "./targeting";
import "./visit";
