/** Rows as lines of aligned columns, three spaces apart, as kubectl does; a cell stays on its line. */
export function renderTable(table: readonly (readonly string[])[]): string {
  const rows = table.map((row) =>
    row.map((cell) => cell.replaceAll(/\r\n?|\n/g, "\\n"))
  );
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]!))
      .join("   ").trimEnd()
  ).join("\n");
}
