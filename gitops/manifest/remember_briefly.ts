/**
 * A function that remembers what it made of its last argument until the job
 * that runs is over, and of others for as long as the garbage collector lets
 * it: for what is quickly asked for again, costs time, and is too large to keep.
 */
export function rememberBriefly<In extends object, Out extends object>(
  make: (of: In) => Out,
): (of: In) => Out {
  let last: { of: In; result: Out } | undefined;
  const others = new WeakMap<In, WeakRef<Out>>();
  return (of) => {
    if (last?.of === of) return last.result;
    const known = others.get(of)?.deref();
    if (known) return known;
    const result = make(of);
    if (!last) {
      queueMicrotask(() => {
        // Not before: what a WeakRef is made of lives until the job ends, and
        // one job may ask of thousands.
        others.set(last!.of, new WeakRef(last!.result));
        last = undefined;
      });
    }
    last = { of, result };
    return result;
  };
}
