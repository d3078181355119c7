// The camera: one picture at a time, or one after the other.

import { byId, say } from "./elements.js";

const PAUSE_MS = 1000;
const PROBLEMS = {
  NotFoundError: "There is no camera at this machine.",
  NotAllowedError: "The browser does not let this page use the camera; its settings for this page can change that.",
  NotReadableError: "The camera is there, but another program uses it.",
};

// `take` gets each picture, and is waited for.
export function hearCamera(take) {
  const video = byId("video");
  byId("camera").addEventListener("click", () => turnOn(video));
  byId("camera-off").addEventListener("click", () => turnOff(video));
  byId("take").addEventListener("click", async () => take(await picture(video)));
  byId("keep-taking").addEventListener("change", () => keepTaking(video, take));
}

async function turnOn(video) {
  say("image-problem", "");
  if (!navigator.mediaDevices?.getUserMedia) {
    say("image-problem", "Browsers give the camera only to pages of this machine or with https. Choose images instead.");
    return;
  }
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
  } catch (error) {
    say("image-problem", PROBLEMS[error.name] ?? `The camera cannot be used: ${error.message}`);
    return;
  }
  show(true);
  byId("take").focus();
}

function turnOff(video) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  byId("keep-taking").checked = false;
  show(false);
  byId("camera").focus();
}

function show(on) {
  byId("video").hidden = byId("camera-row").hidden = !on;
  byId("camera").hidden = byId("choose").hidden = byId("hint").hidden = on;
  byId("drop").classList.toggle("filming", on);
}

async function keepTaking(video, take) {
  while (byId("keep-taking").checked) {
    if (!document.hidden) await take(await picture(video));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function picture(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  return new File([blob], "A picture of the camera", { type: "image/jpeg" });
}
