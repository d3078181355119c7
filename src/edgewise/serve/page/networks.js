// The networks that may answer the user.

import { byId, element } from "./elements.js";
import { duration, milliseconds, rightOf, times } from "./words.js";

// `feedback`: of some of them how often they were right, as the owner told.
export function showNetworks(networks, feedback) {
  const told = JSON.stringify([networks, feedback]);
  const place = byId("networks");
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  const generic_ms = networks.map((one) => one.figures.generic_ms).findLast((ms) => ms > 0);
  if (!networks.length) {
    const words = "The generic network answers; its name comes with the first image.";
    place.replaceChildren(element("tr", {}, element("td", { class: "text soft", colspan: "5" }, words)));
    return;
  }
  place.replaceChildren(...networks.map((one) => row(one, generic_ms, feedback.find(({ model }) => model === one.name))));
}

function row(network, generic_ms, accuracy) {
  const { figures } = network;
  const isGeneric = "classes" in figures;
  const ms = isGeneric ? generic_ms : figures.ms;
  const speed = isGeneric ? 1 : figures.generic_ms / figures.ms;
  const labels = network.labels.join(", ");
  const cells = [
    (isGeneric ? figures.classes : network.labels.length).toLocaleString("en"),
    speed > 0 ? times(speed) : "–",
    ms > 0 ? milliseconds(ms) : "–",
    figures.seconds > 0 ? duration(figures.seconds) : "–",
  ];
  const kind = network.serving ? "serves" : network.retired ? "retired" : isGeneric ? "stands by" : "kept";
  const head = element("th", { scope: "row", class: "text" }, network.name,
    element("span", { class: `kind${network.serving ? " serving" : ""}` }, kind),
    ...(accuracy ? [element("small", {}, rightOf(accuracy))] : []),
    ...(labels ? [element("small", {}, labels)] : []),
    ...(figures.asked ? [element("small", {}, `asks ${figures.asked.join(", then ")}`)] : []),
    ...(figures.smaller?.length ? [element("small", {}, `beside it ${figures.smaller.join(", ")}`)] : []));
  return element("tr", { class: network.serving ? "serving" : null }, head,
    ...cells.map((text) => element("td", {}, text)));
}
