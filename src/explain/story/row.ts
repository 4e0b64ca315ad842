/** A line of an explanation: a label, or none for what belongs to the line above, and what it says. */
export type Row = readonly [label: string, text: string];
