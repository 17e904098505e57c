// The server writes UTC; the person's own clock says the hour.
export function times(root: ParentNode): void {
  const language = document.documentElement.lang;
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    const sameDay = at.toDateString() === new Date().toDateString();
    const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" };
    time.textContent = new Intl.DateTimeFormat(language, sameDay ? hour : { ...day, ...hour }).format(at);
    delete time.dataset["local"];
  }
}
