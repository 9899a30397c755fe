const table = document.getElementById('grades');
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const value = (row, n) => row.cells[n].dataset.value ?? row.cells[n].textContent;
heads.forEach((head, n) => head.querySelector('button').addEventListener('click', () => {
  const down = head.getAttribute('aria-sort') === 'ascending';
  const sign = down ? -1 : 1;
  const number = head.classList.contains('number');
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [value(a, n), value(b, n)];
    if (x === '' || y === '') return (x === '') - (y === '');
    return sign * (number ? Number(x) - Number(y) : x.localeCompare(y, undefined, {numeric: true}));
  });
  heads.forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  body.append(...rows);
}));
const said = document.getElementById('shown');
document.getElementById('find').addEventListener('input', event => {
  const wanted = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const row of body.rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  said.textContent = `${shown} of ${body.rows.length} shown`;
});
