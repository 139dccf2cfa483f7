/** Starts the page. */

import { showCode } from "./chat/code-view.js";
import { setUpConversation } from "./chat/conversation.js";
import { setUpSettings } from "./chat/settings.js";
import { callerKey, gateway } from "./parts/api.js";
import { setUpOperator, showOperator } from "./operator/view.js";
import { find } from "./parts/dom.js";
import { locale, switchLanguage, t, translate } from "./parts/i18n.js";
import { setUpTabs } from "./parts/tabs.js";

async function start() {
  translate();
  setUpLanguage();
  const response = await fetch(new URL("page/features.json", gateway), { cache: "no-store" });
  const features = await response.json();
  find("#version").textContent = features.version;
  let view = "chat";
  const show = () => {
    document.body.dataset.view = view;
    if (view === "code") showCode(features.key_needed);
    if (view === "operator") showOperator();
  };
  setUpTabs(find("[role=tablist]"), (opened) => {
    view = opened;
    show();
  });
  setUpConversation(show);
  setUpOperator(features.operator);
  setUpPanel();
  document.addEventListener("language", show);
  const hasModels = await setUpSettings(features, show);
  if (features.key_needed && !callerKey.text) openSettings(true);
  if (!hasModels && features.operator.length) find("#tab-operator").click(); // a port of its own
  else show();
}

function setUpLanguage() {
  const button = find("#language");
  const write = () => {
    const chinese = locale() === "zh-CN";
    button.textContent = chinese ? "English" : "中文";
    button.lang = chinese ? "en" : "zh-CN";
    button.title = t("languageHint");
    document.title = t("title");
  };
  button.addEventListener("click", () => {
    switchLanguage();
    write();
  });
  write();
}

/** On a narrow screen the settings are behind a button. */
function setUpPanel() {
  const button = find("#open-settings");
  button.addEventListener("click", () => openSettings(button.getAttribute("aria-expanded") !== "true"));
  find("[role=tablist]").addEventListener("click", () => openSettings(false));
}

function openSettings(open) {
  find("#open-settings").setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("settings-open", open);
}

start();
