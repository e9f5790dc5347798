/** What is wrong, in words that anybody who asks whether the hub is ready may read; its cause is for the log. */
export class NotReady extends Error {
  override name = "NotReady";
}
