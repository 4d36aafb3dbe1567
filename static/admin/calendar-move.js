/**
 * Moving an appointment in the calendar: dragged with the pointer onto a free time, or by keyboard: M picks it up, the
 * arrows go through the free times, Enter puts it down; Escape gives up, and so does whoever goes elsewhere. The patient is told as of every move.
 */

import { api } from "../base/api.js";
import { clockTime, t } from "../base/i18n.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { placeOf } from "./appointments.js";

/** @param {HTMLElement} grid @param {HTMLElement} status says aloud where the appointment stands @param {() => void} reload */
export function enableMoving(grid, status, reload) {
  let carried = null;
  let over = null;

  const pickUp = (element) => {
    carried = element;
    element.setAttribute("data-carried", "");
    grid.setAttribute("data-carrying", "");
  };
  const putDown = () => {
    document.removeEventListener("focusin", wander);
    mark(null);
    carried?.removeAttribute("data-carried");
    grid.removeAttribute("data-carrying");
    carried = null;
  };
  const mark = (free) => {
    over?.removeAttribute("data-over");
    over = free;
    over?.setAttribute("data-over", "");
  };
  const giveUp = () => {
    putDown();
    status.textContent = t("calendar.given_up");
  };
  /** Keys that are meant for something else must not put the appointment anywhere. */
  const wander = ({ target }) => target !== over && giveUp();
  const drop = async (free) => {
    const each = carried.appointment;
    putDown();
    await reschedule(each, { start: free.dataset.start, doctor_id: free.dataset.doctor }, reload, true);
  };

  grid.addEventListener("dragstart", (event) => {
    const element = event.target.closest?.(".calendar-appointment");
    if (!element) return;
    pickUp(element);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", element.textContent);
  });
  grid.addEventListener("dragover", (event) => {
    const free = event.target.closest(".calendar-free");
    mark(carried ? free : null);
    if (carried && free) event.preventDefault();
  });
  grid.addEventListener("drop", (event) => {
    const free = event.target.closest(".calendar-free");
    if (!carried || !free) return;
    event.preventDefault();
    drop(free);
  });
  grid.addEventListener("dragend", putDown);

  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const booked = event.target.closest(".calendar-appointment[draggable=true]");
    if (!carried && booked && event.key.toLowerCase() === "m") {
      const first = nearest(booked.closest(".calendar-column"), booked);
      if (!first) return;
      event.preventDefault();
      pickUp(booked);
      stand(first);
      document.addEventListener("focusin", wander);
    } else if (carried) whileCarrying(event);
  });
  const whileCarrying = (event) => {
    const next = { ArrowDown: () => beside(over, 1), ArrowUp: () => beside(over, -1), ArrowRight: () => across(over, 1), ArrowLeft: () => across(over, -1) }[event.key];
    if (next) stand(next() ?? over);
    else if (event.key === "Enter") drop(over);
    else if (event.key === "Escape" || event.key === "Tab") {
      const back = carried;
      giveUp();
      back.focus();
      // Tab goes on from the appointment.
      if (event.key === "Tab") return;
    } else return;
    event.preventDefault();
  };
  const stand = (free) => {
    mark(free);
    free.focus();
    status.textContent = t("calendar.stands", { time: clockTime(free.dataset.start), who: free.closest(".calendar-column").getAttribute("aria-label") });
  };
}

/** What somebody else has moved meanwhile is left where it is. @param {boolean} undoable whether the toast offers the way back */
async function reschedule(each, to, reload, undoable) {
  try {
    await api.post(`/api/appointments/${each.id}/reschedule/`, { ...to, from: placeOf(each) });
    const back = placeOf(each);
    const undo = { action: { label: t("action.undo"), run: () => reschedule({ ...each, ...to }, back, reload, false) } };
    toast(t("calendar.moved", { name: each.patient?.name ?? "", time: clockTime(to.start) }), undoable ? undo : {});
  } catch (problem) {
    toast(explain(problem), { kind: "stopped" });
  }
  reload();
}

const freeIn = (column) => [...column.querySelectorAll(".calendar-free")];
const topOf = (element) => Number(element.style.getPropertyValue("--at"));

function nearest(column, element) {
  const distance = (free) => Math.abs(topOf(free) - topOf(element));
  return freeIn(column).sort((one, other) => distance(one) - distance(other))[0];
}

function beside(free, step) {
  const all = freeIn(free.closest(".calendar-column"));
  return all[all.indexOf(free) + step];
}

/** The nearest time in the next column that has one; sideways follows what is seen. */
function across(free, step) {
  const columns = [...free.closest(".calendar").querySelectorAll(".calendar-column")];
  const way = document.documentElement.dir === "rtl" ? -step : step;
  for (let index = columns.indexOf(free.closest(".calendar-column")) + way; columns[index]; index += way) {
    const found = nearest(columns[index], free);
    if (found) return found;
  }
  return null;
}
