/** Pictures of a question: chosen, pasted or dropped. They become part of the text that is sent. */

import { el, find } from "../parts/dom.js";
import { labelled, t } from "../parts/i18n.js";

const MAX_MB = 8;
const chosen = [];

/** Return the pictures as data URLs, and forget them. */
export function takeImages() {
  const taken = chosen.splice(0);
  show();
  return taken;
}

/** Return whether there is a picture. */
export const hasImages = () => chosen.length > 0;

/** Take pictures from the button, the clipboard, and what is dropped on the chat. */
export function setUpImages(report) {
  const file = find("#image-file");
  const addAll = async (files) => {
    for (const each of files) await add(each, report);
  };
  find("#add-image").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    await addAll([...file.files]);
    file.value = "";
  });
  find("#question").addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    addAll(files);
  });
  setUpDrop(find("#chat"), addAll);
}

function setUpDrop(area, addAll) {
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("dropping");
  });
  area.addEventListener("dragleave", () => area.classList.remove("dropping"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("dropping");
    addAll([...event.dataTransfer.files]);
  });
}

async function add(file, report) {
  if (!file.type.startsWith("image/")) return report(t("notAnImage", { name: file.name }));
  if (file.size > MAX_MB * 1024 * 1024)
    return report(t("imageTooLarge", { name: file.name, limit: MAX_MB }));
  try {
    chosen.push(await dataUrl(file));
  } catch {
    return report(t("imageUnreadable", { name: file.name }));
  }
  return show();
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

function show() {
  const thumbs = chosen.map((url, index) => {
    const remove = labelled(el("button", { type: "button", class: "remove" }, "×"), "removeImage");
    remove.addEventListener("click", () => {
      chosen.splice(index, 1);
      show();
    });
    return el("span", { class: "thumb" }, el("img", { src: url, alt: t("yourImage") }), remove);
  });
  find("#chosen-images").replaceChildren(...thumbs);
}
