/**
 * How V8 manages memory here, for whatever starts Faros: programs that run for months beside others take two thirds of
 * the memory, and up to a quarter more processor time under full load. V8 takes such flags at its start only.
 */
export const V8_FLAGS = [
  // Young objects, in MiB: by default it grows to 16, twice over. With 4 writes take a twentieth more.
  "--max-semi-space-size=8",
  // How much the heap grows before the next collection, in percent: by default up to four times.
  "--heap-growing-percent=50",
].join(",");
