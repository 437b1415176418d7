/** Whether a value is an address that runs code; browsers skip blanks and control characters in it. */
export function runsCode(value: string | null | undefined): boolean {
  return /^(java|vb)script:/i.test((value || "").replace(/[\0- ]/g, ""));
}
