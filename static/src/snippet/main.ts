import "./parts";
import type { Config } from "./config";
import { safe } from "./safe";
import { start } from "./start";

/** The server puts the configuration in place of this string, quotes included; the build checks that it occurs once. */
safe(start)("__SAMPLIT_CONFIG__" as unknown as Config);
