/** The number of rounds that `--rounds` asks for; where it is none, the program says so and ends with 2. */
export function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  console.error(`--rounds is ${text}; it takes a number, as in 3`);
  Deno.exit(2);
}
