/** Whether the visual editor has opened this page: the address holds a token that the editor's script redeems. */
export function isEdited(): boolean {
  return /[#&]samplit_edit=/.test(location.hash);
}
