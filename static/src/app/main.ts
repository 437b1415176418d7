// The dashboard's script. Every page works without it; what is here saves a click or a look.
import { watchMenus } from "./menu";
import { watchTheme, watchNavigation } from "./preference";
import { watchCopy } from "./copy";
import { watchDialogs } from "./dialog";
import { watchPalette } from "./palette";
import { watchPasswords } from "./password";
import { watchUnsaved } from "./unsaved";
import { watchTables } from "./sort";
import { watchSwaps } from "./swap";
import { watchSimulator } from "./simulate";
import { watchDebugger } from "./debugger";

watchMenus();
watchTheme();
watchNavigation();
watchCopy();
watchDialogs();
watchPalette();
watchPasswords();
watchUnsaved();
watchTables();
watchSwaps();
watchSimulator();
watchDebugger();
