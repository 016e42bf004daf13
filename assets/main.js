// What every page needs: menus, dialogs, copying, clocks, keys, polling, sending forms. Pages work without it.
import { startAborts } from "./aborts.js";
import { startBuildLog } from "./build-log.js";
import { startBusy } from "./busy.js";
import { startClocks } from "./clocks.js";
import { startConnection } from "./connection.js";
import { startDialogs } from "./dialogs.js";
import { startKept } from "./kept.js";
import { startEditorRows } from "./editor-rows.js";
import { startFindSetting } from "./find-setting.js";
import { startKeys } from "./keys.js";
import { startLiveForms } from "./live-form.js";
import { startLogs } from "./logs.js";
import { startMenus } from "./menus.js";
import { startNotices } from "./notices.js";
import { startOpenFirst } from "./open-first.js";
import { startPicker } from "./picker.js";
import { startPolling } from "./polling.js";
import { startProgress } from "./progress.js";
import { startStatusBar } from "./status-bar.js";
import { startSubmitting } from "./submit.js";
import { startTables } from "./tables.js";
import { startTheme } from "./choice.js";
import { guardUnsaved } from "./unsaved.js";

// The two large bundles are fetched only by pages that hold a chart or an editor.
const LARGE = { "[data-chart]": "./charts.js", "textarea[data-editor]": "./editor.js" };

function bringToLife(root) {
  for (const [selector, bundle] of Object.entries(LARGE)) {
    if (root.querySelector(selector)) import(bundle).then((module) => module.attach(root));
  }
}

startTheme();
startMenus();
startNotices();
startDialogs();
startClocks();
startKeys();
startLogs();
startBuildLog();
startAborts();
startStatusBar();
startConnection();
startLiveForms();
startEditorRows();
startFindSetting();
startOpenFirst();
startPicker();
startPolling();
startProgress();
startTables();
guardUnsaved();
startSubmitting();
startBusy();
startKept();
bringToLife(document);
document.addEventListener("htmx:after:swap", () => bringToLife(document));
