// Before anything is drawn: light or dark, if the person has chosen; else as the system has it. A plain script, so that it comes first.
{
  const kept = localStorage.getItem("pincel.theme");
  if (kept) document.documentElement.dataset.theme = kept;
}
