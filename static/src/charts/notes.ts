import { ruleX, text } from "@observablehq/plot";

// NoteData is what somebody noted about a day.
export interface NoteData {
  day: string;
  text: string;
}

// notesOn are the notes between two moments, several of a day in one.
export function notesOn(notes: NoteData[], from: Date, to: Date): { day: Date; text: string }[] {
  const byDay = new Map<string, string>();
  for (const note of notes) byDay.set(note.day, byDay.has(note.day) ? `${byDay.get(note.day)}\n${note.text}` : note.text);
  return Array.from(byDay, ([day, words]) => ({ day: new Date(day), text: words })).filter((note) => note.day >= from && note.day <= to);
}

// noteMarks draws a line at each day with notes, and a flag above it whose title tells them. The list of notes is on the page.
export function noteMarks(notes: { day: Date; text: string }[]) {
  return [
    ruleX(notes, { x: "day", stroke: "var(--color-muted)", strokeOpacity: 0.7, strokeDasharray: "1 3" }),
    text(notes, { x: "day", frameAnchor: "top", dy: -7, text: () => "\u2691", fill: "var(--color-muted)", fontSize: 13, title: "text" }),
  ];
}
