/** How long work may go on without timers and I/O having their turn, in milliseconds. */
const LONGEST = 100;

let since = performance.now();
let turn: Promise<void> | undefined;

/**
 * Where work has gone on for long: waits until timers and I/O had their turn.
 *
 * What awaits only what is there already never lets them: thousands of keys
 * with nothing to do would keep a process from renewing its Lease.
 *
 * @returns nothing where there is no need to wait
 */
export function takeTurn(): Promise<void> | undefined {
  if (!turn && performance.now() - since >= LONGEST) {
    turn = new Promise((resolve) =>
      setTimeout(() => {
        turn = undefined;
        since = performance.now();
        resolve();
      })
    );
  }
  return turn;
}
