/** What the one primary button of a column does now. Pure: the view in, the step out. */

/** The rooms a queue is served in; a team has several. */
export const roomsOf = (view) => {
  const rooms = view.doctor.rooms?.length ? view.doctor.rooms : [view.doctor.room];
  return rooms.filter((room) => room !== null && room !== undefined);
};

/** Who is called to `room` or sits in it: at most one. */
export function occupant(view, room) {
  const single = roomsOf(view).length <= 1;
  const here = (ticket) => single || ticket.room === room;
  return view.current.find(here) ?? view.called.find(here) ?? null;
}

/**
 * @returns {{step: "call"|"start"|"finish_and_call"|"finish"|"nobody", ticket: object|null}}
 */
export function nextStep(view, room) {
  const ticket = occupant(view, room);
  if (!ticket) return { step: view.waiting.length ? "call" : "nobody", ticket: null };
  if (ticket.state === "called") return { step: "start", ticket };
  return { step: view.waiting.length ? "finish_and_call" : "finish", ticket };
}
